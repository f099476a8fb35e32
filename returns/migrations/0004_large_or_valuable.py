import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('returns', '0003_papers'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='longest_cm',
            field=models.PositiveSmallIntegerField(default=0, help_text='Of one unit, packed.', verbose_name='longest side (cm)'),
        ),
        migrations.AddField(
            model_name='store',
            name='appoint_from_cm',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Longest side from which a parcel is delivered by appointment.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='appointment from (cm)'),
        ),
        migrations.AddField(
            model_name='store',
            name='appoint_from_grams',
            field=models.PositiveIntegerField(blank=True, help_text='Weight from which a parcel is delivered by appointment.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='appointment from (grams)'),
        ),
        migrations.AddField(
            model_name='store',
            name='sign_from',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Value in the store’s currency from which a signature is wanted at the door.', max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='signature from'),
        ),
        migrations.AlterField(
            model_name='shipment',
            name='carrier',
            field=models.CharField(blank=True, help_text='By the shop, or by the buyer.', max_length=40, verbose_name='carrier as given'),
        ),
    ]
