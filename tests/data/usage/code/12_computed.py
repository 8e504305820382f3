"""What cannot be resolved is said to be so."""

from dynzuora import Client

import helpers

client = Client(environment="SBX")
for noun in helpers.nouns():
    client.call(f"GET_{noun}")  # unresolved
client.call(helpers.OPERATION)  # unresolved
helper_arguments = helpers.arguments()
client.call("GET_Invoices", **helper_arguments)  # unresolved
client.call("GET_Payments", **helper_arguments)
fetch = getattr(helpers, "fetch")
