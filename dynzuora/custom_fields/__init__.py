"""Custom fields: learn the objects of a tenant, and use their fields in checks, templates and completion.

`learn` reads an object's description as the tenant returns it. `TenantObjects` keeps what was
learned, in memory and in one private file for each object. `problems` and `filled` use it for
one body; both are pure.

>>> from dynzuora import Client
>>> account = Client.sandbox().describe("Account")
>>> account["Balance"].type, account["Balance"].custom
('text', False)
"""

from dynzuora.custom_fields.bodies import filled, names_in, problems
from dynzuora.custom_fields.kept import TenantObjects
from dynzuora.custom_fields.objects import Field, ObjectFields

__all__ = ["Field", "ObjectFields", "TenantObjects", "filled", "names_in", "problems"]
