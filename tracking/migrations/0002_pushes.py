import itertools

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q, Value
from django.db.models.functions import Replace, Upper
from django.utils.text import slugify

import tracking.providers


def name_accounts(apps, schema_editor):
    """A slug from each account's name; numbered where two are alike."""
    accounts = apps.get_model("tracking", "Account").objects.using(schema_editor.connection.alias)
    taken = set()
    for account in accounts.order_by("pk"):
        plain = slugify(account.name)[:70].strip("-_") or "account"
        numbered = (f"{plain}-{number}" for number in itertools.count(2))
        account.slug = next(s for s in itertools.chain([plain], numbered) if s not in taken)
        taken.add(account.slug)
        account.save(update_fields=["slug"])


SLUG_HELP = (
    "Stands in the address that providers push to: /hooks/17track/…/. Taken from the "
    "name when left empty. After a change, change the address at the provider too."
)


class Migration(migrations.Migration):

    dependencies = [
        ("tracking", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="slug",
            field=models.SlugField(max_length=80, default="", db_index=False),
            preserve_default=False,
        ),
        migrations.RunPython(name_accounts, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="account",
            name="slug",
            field=models.SlugField(blank=True, help_text=SLUG_HELP, max_length=80, unique=True),
        ),
        migrations.AddField(
            model_name="parcel",
            name="plain_number",
            field=models.GeneratedField(
                db_persist=True,
                expression=Upper(
                    Replace(
                        Replace(Replace(Replace("number", Value(" ")), Value(".")), Value("_")),
                        Value("-"),
                    )
                ),
                output_field=models.CharField(max_length=60),
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(fields=["account", "plain_number"], name="parcel_plain_number"),
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(choices=tracking.providers.choices, max_length=20)),
                ("key", models.CharField(help_text="The provider’s API key. Shown to nobody.", max_length=200)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("forged_count", models.PositiveIntegerField(default=0, editable=False, verbose_name="forged pushes")),
                ("last_forged_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="connections", to="tracking.account")),
            ],
            options={
                "ordering": ["account__name", "provider"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "provider"), name="account_is_connected_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Push",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("due", "Due"), ("claimed", "In hand"), ("done", "Done"), ("dead", "Given up"), ("dropped", "No longer needed")], default="due", max_length=8)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("lease_owner", models.CharField(blank=True, max_length=32)),
                ("last_error", models.TextField(blank=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("provider", models.CharField(choices=tracking.providers.choices, max_length=20)),
                ("delivery", models.CharField(help_text="The provider’s own name of it, or the SHA-256 of its body.", max_length=100)),
                ("body", models.BinaryField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("outcome", models.TextField(blank=True, help_text="What came of it, last time.")),
                ("parcels", models.PositiveIntegerField(default=0)),
                ("scans_told", models.PositiveIntegerField(default=0)),
                ("scans_new", models.PositiveIntegerField(default=0)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pushes", to="tracking.account")),
            ],
            options={
                "verbose_name_plural": "pushes",
                "ordering": ["-received_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "provider", "delivery"), name="push_is_kept_once"),
                ],
                "indexes": [
                    models.Index(fields=["received_at"], name="push_received"),
                    models.Index(condition=Q(("state", "due")), fields=["due_at"], name="push_due"),
                    models.Index(condition=Q(("state", "claimed")), fields=["lease_until"], name="push_claimed"),
                ],
            },
        ),
    ]
