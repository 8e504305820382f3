"""A body written out where it is sent."""

from dynzuora import Client

client = Client(environment="SBX")
client.call(
    "POST_Invoice",
    body={  # breaks: field-required body.billingDay
        "accountId": "2c92",
        "currency": "DEM",  # breaks: value-refused body.currency
        "autoPay": True,  # breaks: field-removed body.autoPay
        "comments": "short",
        "items": [
            {"amount": 10, "chargeName": "Setup"},  # breaks: field-renamed body.items.chargeName
            {"amount": 20},
        ],
        "region__c": "north",
    },
)
