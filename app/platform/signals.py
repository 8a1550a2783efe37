"""What one capability tells those beside it, inside the same transaction, without importing them."""

from blinker import Signal

#: A trainee's completion was confirmed. Sent with actor, enrolment_id, person_id, completed_on, passed.
completion_confirmed = Signal("completion confirmed")
