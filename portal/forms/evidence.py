"""The form that asks for a copy of everything: a button and its key."""

import uuid

from django import forms

from portal.forms.messages import FormKey


class AskForm(forms.Form):
    key = FormKey(required=True, initial=uuid.uuid4)
