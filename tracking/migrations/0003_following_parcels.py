import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models
from django.db.models import F, Max, Min, OuterRef, Q, Subquery
from django.utils import timezone


def look_at_them(apps, schema_editor):
    """What its scans tell together, as far as the queues need it; those that are still on
    their way are looked at in the next round of the clock."""
    Parcel = apps.get_model("tracking", "Parcel")
    Scan = apps.get_model("tracking", "Scan")
    parcels = Parcel.objects.using(schema_editor.connection.alias)
    scans = Scan.objects.filter(parcel=OuterRef("pk")).order_by()
    moving = scans.exclude(milestone__in=["unknown", "announced"]).values("parcel")
    parcels.update(
        last_scan_at=Subquery(scans.values("parcel").annotate(at=Max("at")).values("at")),
        started_at=Subquery(moving.annotate(at=Min("at")).values("at")),
    )
    over = Q(milestone__in=["delivered", "returned"])
    parcels.filter(over).update(ended_at=F("milestone_at"))
    now = timezone.now()
    parcels.exclude(over).update(next_check_at=now, watch_at=now)


def stamp_accounts(apps, schema_editor):
    """A default is made once for all rows, and each account needs its own."""
    for account in apps.get_model("tracking", "Account").objects.using(
        schema_editor.connection.alias
    ):
        account.stamp = uuid.uuid4()
        account.save(update_fields=["stamp"])


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0002_pushes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Following',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('due', 'Due'), ('claimed', 'In hand'), ('done', 'Done'), ('dead', 'Given up'), ('dropped', 'No longer needed')], default='due', max_length=8)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_owner', models.CharField(blank=True, max_length=32)),
                ('last_error', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('number', models.CharField(max_length=60)),
                ('wish', models.CharField(choices=[('register', 'register'), ('query', 'query'), ('change', 'change'), ('stop', 'stop')], max_length=8)),
                ('carrier_key', models.CharField(blank=True, help_text='The provider’s own.', max_length=40)),
                ('registered_at', models.DateTimeField(blank=True, null=True)),
                ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='last asked')),
                ('heard_at', models.DateTimeField(blank=True, null=True, verbose_name='last told us something')),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('locked_until', models.DateTimeField(blank=True, null=True)),
                ('refusal', models.CharField(blank=True, help_text='Why it is not followed.', max_length=20)),
            ],
            options={
                'ordering': ['connection__position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HolidayNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(blank=True, help_text='ISO code: in that country. Empty: we ourselves, wherever we are.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', 'Two capitals: CN.')])),
                ('first', models.DateField(verbose_name='first day')),
                ('last', models.DateField(verbose_name='last day')),
                ('works', models.BooleanField(default=False, help_text='These days are worked although a calendar says otherwise (make-up days).', verbose_name='is worked')),
                ('name', models.CharField(help_text='As buyers read it: Summer break.', max_length=80)),
                ('name_zh', models.CharField(blank=True, max_length=80, verbose_name='name in Chinese')),
            ],
            options={
                'ordering': ['first', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('silent', 'No first scan'), ('stalled', 'No movement'), ('overdue', 'Later than usual'), ('wrong_way', 'Went the wrong way'), ('customs_hold', 'Held at customs'), ('customs_documents', 'Customs wants papers'), ('address', 'Address cannot be delivered to'), ('attempt_failed', 'Delivery attempt failed'), ('waiting_at_pickup', 'Waiting to be collected'), ('refused', 'Refused'), ('damaged', 'Damaged'), ('lost', 'Lost'), ('unclear_signature', 'Unclear who signed'), ('weight_mismatch', 'Weight differs'), ('delivered_not_received', 'Signed for, not received')], max_length=24)),
                ('level', models.PositiveSmallIntegerField(default=1)),
                ('since', models.DateTimeField()),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('cleared_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-opened_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Lane',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', 'Two capitals: DE.')])),
                ('destination', models.CharField(max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', 'Two capitals: DE.')])),
                ('carrier', models.CharField(blank=True, help_text='A code of carriers.py. Empty: every carrier.', max_length=40)),
                ('days_from', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(120)])),
                ('days_to', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(120)])),
                ('silent_hours', models.PositiveSmallIntegerField(blank=True, help_text='Without a first scan. Empty: 48.', null=True, validators=[django.core.validators.MinValueValidator(24), django.core.validators.MaxValueValidator(720)])),
                ('stalled_hours', models.PositiveSmallIntegerField(blank=True, help_text='Without movement. Empty: 48.', null=True, validators=[django.core.validators.MinValueValidator(24), django.core.validators.MaxValueValidator(720)])),
                ('signature_service', models.CharField(blank=True, help_text='What to book for a signature: Adult Signature.', max_length=80)),
                ('appointment_service', models.CharField(blank=True, help_text='What to book for delivery by appointment.', max_length=80)),
                ('median_days', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('late_days', models.PositiveSmallIntegerField(editable=False, null=True, verbose_name='90 of 100 within')),
                ('learned_from', models.PositiveIntegerField(default=0, editable=False, verbose_name='parcels')),
                ('learned_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ['origin', 'destination', 'carrier'],
            },
        ),
        migrations.AlterModelOptions(
            name='connection',
            options={'ordering': ['account__name', 'position', 'provider']},
        ),
        migrations.RemoveConstraint(
            model_name='scan',
            name='scan_is_recorded_once',
        ),
        migrations.AddField(
            model_name='account',
            name='stamp',
            field=models.UUIDField(default=uuid.uuid4, editable=False, help_text='Another one whenever working time, lanes or holiday notices change.'),
        ),
        migrations.AddField(
            model_name='connection',
            name='base',
            field=models.URLField(blank=True, help_text='Where it is called, when not at its usual address. 17TRACK: ends with its version, …/track/v2.4/ or …/track/v2.2/.', verbose_name='address'),
        ),
        migrations.AddField(
            model_name='connection',
            name='customer',
            field=models.CharField(blank=True, help_text='Kuaidi100: customer. Kdniao: EBusinessID.', max_length=60),
        ),
        migrations.AddField(
            model_name='connection',
            name='daily_quota',
            field=models.PositiveIntegerField(blank=True, help_text='Numbers that may be asked or registered in a day (UTC). Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000000)]),
        ),
        migrations.AddField(
            model_name='connection',
            name='failures',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='failures in a row'),
        ),
        migrations.AddField(
            model_name='connection',
            name='is_asked',
            field=models.BooleanField(default=True, help_text='Off: it only pushes at us; nothing is registered or asked there.'),
        ),
        migrations.AddField(
            model_name='connection',
            name='last_answer_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='last_failure',
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name='connection',
            name='last_failure_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='last_push_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='next_call_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='paused_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='position',
            field=models.PositiveSmallIntegerField(default=0, help_text='Order of preference: 0 is asked first, others when it is silent.'),
        ),
        migrations.AddField(
            model_name='connection',
            name='query_type',
            field=models.CharField(blank=True, help_text='Kdniao: RequestType of queries. Empty: 8001.', max_length=8),
        ),
        migrations.AddField(
            model_name='connection',
            name='quota_day',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='quota_used',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='connection',
            name='salt',
            field=models.CharField(blank=True, help_text='Kuaidi100: what its pushes are signed with.', max_length=100),
        ),
        migrations.AddField(
            model_name='connection',
            name='subscribe_type',
            field=models.CharField(blank=True, help_text='Kdniao: RequestType of subscriptions. Empty: 8008.', max_length=8),
        ),
        migrations.AddField(
            model_name='parcel',
            name='by_appointment',
            field=models.BooleanField(default=False, verbose_name='delivery by appointment'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='carrier_confirmed',
            field=models.BooleanField(default=False, help_text='By the desk: no provider knows better.'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='carrier_weight',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='grams by the carrier'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='currency',
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name='parcel',
            name='delays',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='parcel',
            name='destination',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='parcel',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='expected_from',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='expected_to',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='fingerprint',
            field=models.CharField(blank=True, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name='parcel',
            name='handed_over_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='is_inbound',
            field=models.BooleanField(default=False, verbose_name='comes to us'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='last_mile',
            field=models.CharField(blank=True, help_text='Who brings it to the door, when not the carrier.', max_length=40),
        ),
        migrations.AddField(
            model_name='parcel',
            name='last_scan_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='next_check_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='origin',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='parcel',
            name='phone_tail',
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.AddField(
            model_name='parcel',
            name='received_at',
            field=models.DateTimeField(blank=True, help_text='Our warehouse had it in its hands.', null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='started_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='first movement'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='troubles',
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text='Open incidents.'),
        ),
        migrations.AddField(
            model_name='parcel',
            name='value',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='wants_signature',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='parcel',
            name='watch_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='weight',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='grams'),
        ),
        migrations.AddField(
            model_name='scan',
            name='carrier',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='scan',
            name='country',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='scan',
            name='incident',
            field=models.CharField(blank=True, choices=[('silent', 'No first scan'), ('stalled', 'No movement'), ('overdue', 'Later than usual'), ('wrong_way', 'Went the wrong way'), ('customs_hold', 'Held at customs'), ('customs_documents', 'Customs wants papers'), ('address', 'Address cannot be delivered to'), ('attempt_failed', 'Delivery attempt failed'), ('waiting_at_pickup', 'Waiting to be collected'), ('refused', 'Refused'), ('damaged', 'Damaged'), ('lost', 'Lost'), ('unclear_signature', 'Unclear who signed'), ('weight_mismatch', 'Weight differs'), ('delivered_not_received', 'Signed for, not received')], max_length=24),
        ),
        migrations.AddField(
            model_name='scan',
            name='provider',
            field=models.CharField(blank=True, help_text='Empty: the shop.', max_length=20),
        ),
        migrations.AddField(
            model_name='scan',
            name='signed',
            field=models.CharField(blank=True, choices=[('self', 'By the receiver'), ('other', 'By somebody else'), ('locker', 'In a locker or at a station')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='parcel',
            index=models.Index(condition=models.Q(('next_check_at__isnull', False)), fields=['next_check_at'], name='parcel_to_check'),
        ),
        migrations.AddIndex(
            model_name='parcel',
            index=models.Index(condition=models.Q(('watch_at__isnull', False)), fields=['watch_at'], name='parcel_to_watch'),
        ),
        migrations.AddIndex(
            model_name='parcel',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['account', 'ended_at'], name='parcel_ended'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.UniqueConstraint(fields=('parcel', 'at', 'code', 'place', 'provider'), name='scan_is_recorded_once'),
        ),
        migrations.AddField(
            model_name='following',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followings', to='tracking.connection'),
        ),
        migrations.AddField(
            model_name='following',
            name='parcel',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='followings', to='tracking.parcel'),
        ),
        migrations.AddField(
            model_name='holidaynotice',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holiday_notices', to='tracking.account'),
        ),
        migrations.AddField(
            model_name='incident',
            name='parcel',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='tracking.parcel'),
        ),
        migrations.AddField(
            model_name='lane',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lanes', to='tracking.account'),
        ),
        migrations.AddIndex(
            model_name='following',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['connection', 'wish', 'due_at'], name='following_asks'),
        ),
        migrations.AddIndex(
            model_name='following',
            index=models.Index(condition=models.Q(('state', 'dead'), models.Q(('refusal', ''), _negated=True), _connector='OR'), fields=['parcel'], name='following_refused'),
        ),
        migrations.AddIndex(
            model_name='following',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['due_at'], name='following_due'),
        ),
        migrations.AddIndex(
            model_name='following',
            index=models.Index(condition=models.Q(('state', 'claimed')), fields=['lease_until'], name='following_claimed'),
        ),
        migrations.AddConstraint(
            model_name='following',
            constraint=models.UniqueConstraint(fields=('parcel', 'connection'), name='parcel_followed_once_per_provider'),
        ),
        migrations.AddConstraint(
            model_name='holidaynotice',
            constraint=models.CheckConstraint(condition=models.Q(('first__lte', models.F('last'))), name='holiday_first_to_last'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('cleared_at', None)), fields=['kind', 'since'], name='incident_open'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('parcel', 'kind'), name='incident_open_once'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.UniqueConstraint(fields=('account', 'origin', 'destination', 'carrier'), name='lane_once'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('days_from', None), ('days_to', None), ('days_from__lte', models.F('days_to')), _connector='OR'), name='lane_days_from_to'),
        ),
        migrations.RunPython(look_at_them, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(stamp_accounts, migrations.RunPython.noop, elidable=True),
    ]
