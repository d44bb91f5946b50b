"""A setup that takes a secret which exists already for its own.

As since kubevirt/kubevirtci pull request 489 (2020): nobody else creates it, so that one which is there is what an
earlier attempt has made.
"""

from contextlib import suppress

from kmodel.controllers import AlreadyExists, Client, controller, custom_kind

Webhook = custom_kind("hooks.example/v1", "Webhook", status={"ready": False})
Secret = custom_kind("hooks.example/v1", "CertSecret")


@controller(watches=Webhook, uses=[Secret])
def certifier(client: Client, key: str) -> None:
    """Create the secret of a webhook unless it is there, and say that the webhook is ready."""
    webhook = client.get(Webhook, key)
    if webhook is None or webhook.status.ready:
        return
    with suppress(AlreadyExists):
        client.create({"apiVersion": "hooks.example/v1", "kind": "CertSecret", "metadata": {"name": key}})
    client.patch_status(webhook, ready=True)
