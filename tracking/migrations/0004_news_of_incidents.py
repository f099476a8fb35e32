from django.db import migrations, models


def open_ones_are_news(apps, schema_editor):
    """What is over was told by the page; only what lasts wants somebody to look after it."""
    apps.get_model("tracking", "Incident").objects.filter(cleared_at=None).update(is_news=True)


class Migration(migrations.Migration):

    dependencies = [
        ("tracking", "0003_following_parcels"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="is_news",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunPython(open_ones_are_news, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="incident",
            name="is_news",
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("is_news", True)),
                fields=["updated_at"],
                name="incident_news",
            ),
        ),
    ]
