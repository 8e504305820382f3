"""Nested objects from several variables."""

from copy import deepcopy

from dynzuora import Client

CONTACT = {"city": "Bonn", "county": "NRW"}  # breaks: field-removed body.billToContact.county
BASE = {"name": "Ada"}

client = Client(environment="SBX")
body = {**BASE, "billToContact": CONTACT, "paymentTerm": "Net 30"}
client.call("POST_Account", body=body)

other = deepcopy(BASE)
other["billToContact"] = {"country": "DE"}
other["billToContact"]["county"] = "NRW"  # breaks: field-removed body.billToContact.county
client.call("POST_Account", body=other)
client.call("POST_Account", body=BASE | {"paymentTerm": "Net 30"})
