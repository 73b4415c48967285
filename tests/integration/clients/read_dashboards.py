"""Reads a complete, a partial and no dashboard with a generated client that nobody has changed."""

import sys

from client import Client
from client.api.aggregates_service import get_dashboard
from client.api.customers_service import get_customer
from client.api.incidents_service import list_incidents
from client.models import Dashboard, Error, GetDashboardRequire, NoDashboard, NotComplete, Reason, Service
from client.types import UNSET

whole, partial, none = (Client(base_url=url, raise_on_unexpected_status=True) for url in sys.argv[1:])

dashboard = get_dashboard.sync(client=whole)
assert isinstance(dashboard, Dashboard) and dashboard.customer_count == 40, dashboard
assert dashboard.customers_with_highest_incident_volume[0].incident_volume == 36152, dashboard
assert dashboard.unavailable is UNSET and dashboard.stale is UNSET, dashboard
assert len(list_incidents.sync(client=whole)) > 100

unknown = get_customer.sync(client=whole, id="00000000-0000-0000-0000-000000000000")
assert isinstance(unknown, Error) and unknown.message == "Customer not found", unknown

dashboard = get_dashboard.sync(client=partial)
assert isinstance(dashboard, Dashboard) and dashboard.customer_count == 40, dashboard
assert dashboard.customers_with_most_incidents is None, dashboard
[missing] = dashboard.unavailable
assert (missing.service, missing.reason) == (Service.INCIDENTS_SERVICE, Reason.ERROR_STATUS), missing

error = get_dashboard.sync(client=partial, require=GetDashboardRequire.COMPLETE)
assert isinstance(error, NotComplete) and len(error.unavailable) == 1 and error.stale is UNSET, error

error = get_dashboard.sync(client=none)
assert isinstance(error, NoDashboard) and len(error.unavailable) == 2, error
