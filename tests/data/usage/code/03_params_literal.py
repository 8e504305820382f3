"""Parameters in params= and in a table that is built before."""

from dynzuora import Client

FILTERS = {"status": "Error", "pageSize": 10}  # breaks: value-refused argument status

client = Client(profile="test")
client.call("GET_Invoices", params=FILTERS)
client.call("GET_Invoices", params={"dueBefore": "2021-01-01"})  # breaks: argument-renamed argument dueBefore
client.call("GET_Invoices", **{"status": "Draft"})
