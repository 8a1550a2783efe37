"""The schema of the first release."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

_FUNCTIONS = Path(__file__).parents[1] / "sql" / "0001_functions.sql"


_VERSIONED = (
    "accreditation",
    "assessment_result",
    "attendance_mark",
    "certificate",
    "class_session",
    "completion",
    "course",
    "disability_certificate",
    "employment_spell",
    "enrolment",
    "exclusion",
    "follow_up",
    "person",
    "training_class",
)


def upgrade() -> None:
    _execute(_FUNCTIONS.read_text(encoding="utf-8"))
    op.create_table('account',
    sa.Column('username', sa.String(length=40), nullable=False),
    sa.Column('display_name', sa.String(length=80), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('session_epoch', sa.Integer(), nullable=False),
    sa.Column('last_sign_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account'))
    )
    op.create_index(op.f('ix_account_phone_index'), 'account', ['phone_index'], unique=False)
    op.create_index('uq_account_username', 'account', [sa.literal_column('lower(username)')], unique=True)
    op.create_table('accreditation_history',
    sa.Column('provider_id', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('kinds', postgresql.ARRAY(sa.String(length=40)), nullable=True),
    sa.Column('document_number', sa.String(length=60), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_accreditation_history_id', 'accreditation_history', ['id', 'superseded_at'], unique=False)
    op.create_table('assessment_result_history',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('part', sa.String(length=40), nullable=True),
    sa.Column('points', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('assessed_on', sa.Date(), nullable=True),
    sa.Column('entered_by_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_assessment_result_history_id', 'assessment_result_history', ['id', 'superseded_at'], unique=False)
    op.create_table('attendance_mark_history',
    sa.Column('session_id', sa.BigInteger(), nullable=True),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('mark', sa.String(length=40), nullable=True),
    sa.Column('method', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('marked_by_id', sa.BigInteger(), nullable=True),
    sa.Column('nonce', sa.String(length=64), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_attendance_mark_history_id', 'attendance_mark_history', ['id', 'superseded_at'], unique=False)
    op.create_table('audit_finding',
    sa.Column('subject_type', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('text', sa.String(length=2000), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('noted_by_id', sa.BigInteger(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('open', 'explained', 'confirmed')", name=op.f('ck_audit_finding_state_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_finding')),
    sa.UniqueConstraint('nonce', name='uq_audit_finding_nonce')
    )
    op.create_index('ix_audit_finding_subject', 'audit_finding', ['subject_type', 'subject_id'], unique=False)
    op.create_table('certificate_history',
    sa.Column('number', sa.String(length=40), nullable=True),
    sa.Column('verification_token', sa.String(length=40), nullable=True),
    sa.Column('completion_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('issued_by_id', sa.BigInteger(), nullable=True),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('pdf_sha256', sa.String(length=64), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by_id', sa.BigInteger(), nullable=True),
    sa.Column('revocation_reason', sa.String(length=300), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_certificate_history_id', 'certificate_history', ['id', 'superseded_at'], unique=False)
    op.create_table('certificate_series',
    sa.Column('prefix', sa.String(length=20), nullable=False),
    sa.Column('year', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('last_serial', sa.Integer(), nullable=False),
    sa.CheckConstraint('last_serial >= 0', name=op.f('ck_certificate_series_last_serial')),
    sa.PrimaryKeyConstraint('prefix', 'year', name=op.f('pk_certificate_series'))
    )
    op.create_table('class_session_history',
    sa.Column('class_id', sa.BigInteger(), nullable=True),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('teacher_id', sa.BigInteger(), nullable=True),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=True),
    sa.Column('topic', sa.String(length=120), nullable=True),
    sa.Column('part', sa.String(length=40), nullable=True),
    sa.Column('lesson_hours', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_class_session_history_id', 'class_session_history', ['id', 'superseded_at'], unique=False)
    op.create_table('completion_history',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.Column('completed_on', sa.Date(), nullable=True),
    sa.Column('hours_attended', sa.Integer(), nullable=True),
    sa.Column('hours_held', sa.Integer(), nullable=True),
    sa.Column('calculation', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('proposed_by_id', sa.BigInteger(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by_id', sa.BigInteger(), nullable=True),
    sa.Column('comment', sa.String(length=300), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_completion_history_id', 'completion_history', ['id', 'superseded_at'], unique=False)
    op.create_table('course',
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('summary', sa.String(length=1000), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('occupation', sa.String(length=60), nullable=False),
    sa.Column('level', sa.String(length=40), nullable=False),
    sa.Column('theory_hours', sa.Integer(), nullable=False),
    sa.Column('practice_hours', sa.Integer(), nullable=False),
    sa.Column('minimum_attendance', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('assessment_required', sa.Boolean(), nullable=False),
    sa.Column('certificate_title', sa.String(length=60), nullable=False),
    sa.Column('retired_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("field IN ('ecommerce', 'live_streaming', 'short_video', 'supply_chain', 'massage', 'massage_continuing', 'medical_massage', 'planting', 'breeding', 'handicraft', 'processing', 'rural_tourism', 'rural_ecommerce', 'rural_logistics')", name=op.f('ck_course_field_known')),
    sa.CheckConstraint("kind IN ('employability', 'upskilling', 'entrepreneurship', 'rural', 'medical_massage')", name=op.f('ck_course_kind_known')),
    sa.CheckConstraint("level IN ('none', 'five', 'four', 'three', 'two', 'one')", name=op.f('ck_course_level_known')),
    sa.CheckConstraint('minimum_attendance BETWEEN 0 AND 100', name=op.f('ck_course_minimum_attendance')),
    sa.CheckConstraint('theory_hours + practice_hours > 0', name=op.f('ck_course_some_hours')),
    sa.CheckConstraint('theory_hours >= 0 AND practice_hours >= 0', name=op.f('ck_course_hours')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course')),
    sa.UniqueConstraint('code', name='uq_course_code')
    )
    op.create_table('course_history',
    sa.Column('code', sa.String(length=30), nullable=True),
    sa.Column('title', sa.String(length=120), nullable=True),
    sa.Column('summary', sa.String(length=1000), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=True),
    sa.Column('field', sa.String(length=40), nullable=True),
    sa.Column('occupation', sa.String(length=60), nullable=True),
    sa.Column('level', sa.String(length=40), nullable=True),
    sa.Column('theory_hours', sa.Integer(), nullable=True),
    sa.Column('practice_hours', sa.Integer(), nullable=True),
    sa.Column('minimum_attendance', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('assessment_required', sa.Boolean(), nullable=True),
    sa.Column('certificate_title', sa.String(length=60), nullable=True),
    sa.Column('retired_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_course_history_id', 'course_history', ['id', 'superseded_at'], unique=False)
    op.create_table('disability_certificate_history',
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('number', sa.LargeBinary(), nullable=True),
    sa.Column('number_index', sa.LargeBinary(), nullable=True),
    sa.Column('category', sa.String(length=40), nullable=True),
    sa.Column('grade', sa.SmallInteger(), nullable=True),
    sa.Column('components', postgresql.ARRAY(sa.String(length=20)), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_disability_certificate_history_id', 'disability_certificate_history', ['id', 'superseded_at'], unique=False)
    op.create_table('employment_spell_history',
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('form', sa.String(length=40), nullable=True),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('workplace', sa.String(length=120), nullable=True),
    sa.Column('post', sa.String(length=60), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=200), nullable=True),
    sa.Column('monthly_wage', sa.Numeric(precision=10, scale=2), nullable=True),
    sa.Column('contract_months', sa.SmallInteger(), nullable=True),
    sa.Column('insurance_months', sa.SmallInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reported_by_id', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger(), nullable=True),
    sa.Column('decision_comment', sa.String(length=300), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_employment_spell_history_id', 'employment_spell_history', ['id', 'superseded_at'], unique=False)
    op.create_table('enrolment_history',
    sa.Column('class_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('applied_by', sa.String(length=40), nullable=True),
    sa.Column('applied_by_id', sa.BigInteger(), nullable=True),
    sa.Column('nonce', sa.String(length=64), nullable=True),
    sa.Column('employed_at_enrolment', sa.Boolean(), nullable=True),
    sa.Column('eligibility', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('enrolled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawal_reason', sa.String(length=300), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_enrolment_history_id', 'enrolment_history', ['id', 'superseded_at'], unique=False)
    op.create_table('event',
    sa.Column('id', sa.BigInteger(), server_default=sa.text('next_event_id()'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('account_name', sa.String(length=80), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('subject_type', sa.String(length=40), nullable=True),
    sa.Column('subject_id', sa.BigInteger(), nullable=True),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event'))
    )
    op.create_index('ix_event_account_id', 'event', ['account_id', 'id'], unique=False)
    op.create_index('ix_event_subject', 'event', ['subject_type', 'subject_id', 'id'], unique=False)
    op.create_table('event_seal',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('first_id', sa.BigInteger(), nullable=False),
    sa.Column('last_id', sa.BigInteger(), nullable=False),
    sa.Column('event_ids', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('digests', postgresql.ARRAY(sa.LargeBinary()), nullable=False),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('seal', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('cardinality(event_ids) = cardinality(digests)', name=op.f('ck_event_seal_digest_each')),
    sa.CheckConstraint('first_id <= last_id', name=op.f('ck_event_seal_range')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_event_seal'))
    )
    op.create_table('event_seal_mark',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last_id', sa.BigInteger(), nullable=False),
    sa.Column('next_xid', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_event_seal_mark_single_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_seal_mark'))
    )
    op.create_table('exclusion_history',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('recorded_at_follow_up_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_exclusion_history_id', 'exclusion_history', ['id', 'superseded_at'], unique=False)
    op.create_table('follow_up_history',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('months', sa.SmallInteger(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('method', sa.String(length=40), nullable=True),
    sa.Column('interviewer_id', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_follow_up_history_id', 'follow_up_history', ['id', 'superseded_at'], unique=False)
    op.create_table('outbox_message',
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('recipient', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('dedupe_key', sa.String(length=120), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("channel IN ('sms')", name=op.f('ck_outbox_message_channel_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message')),
    sa.UniqueConstraint('dedupe_key', name='uq_outbox_message_dedupe_key')
    )
    op.create_table('person_history',
    sa.Column('name', sa.String(length=80), nullable=True),
    sa.Column('pinyin', sa.String(length=200), nullable=True),
    sa.Column('initials', sa.String(length=40), nullable=True),
    sa.Column('citizen_number', sa.LargeBinary(), nullable=True),
    sa.Column('citizen_number_index', sa.LargeBinary(), nullable=True),
    sa.Column('sex', sa.String(length=40), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(), nullable=True),
    sa.Column('residence_code', sa.String(length=12), nullable=True),
    sa.Column('hukou', sa.String(length=40), nullable=True),
    sa.Column('education', sa.String(length=40), nullable=True),
    sa.Column('zero_employment_household', sa.Boolean(), nullable=True),
    sa.Column('multiple_disabled_household', sa.Boolean(), nullable=True),
    sa.Column('poverty_monitored', sa.Boolean(), nullable=True),
    sa.Column('family_member_of_id', sa.BigInteger(), nullable=True),
    sa.Column('deceased_on', sa.Date(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_person_history_id', 'person_history', ['id', 'superseded_at'], unique=False)
    op.create_table('region',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('level', sa.String(length=40), nullable=False),
    sa.Column('parent_code', sa.String(length=12), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("code ~ '^[0-9]+$' AND length(code) IN (2, 4, 6, 9, 12)", name=op.f('ck_region_code_form')),
    sa.CheckConstraint("level IN ('province', 'city', 'district', 'township', 'village')", name=op.f('ck_region_level_known')),
    sa.CheckConstraint('starts_with(code, parent_code)', name=op.f('ck_region_nested')),
    sa.CheckConstraint('valid_to IS NULL OR valid_from IS NULL OR valid_to > valid_from', name=op.f('ck_region_validity')),
    sa.ForeignKeyConstraint(['parent_code'], ['region.code'], name=op.f('fk_region_parent_code')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_region'))
    )
    op.create_table('training_class_history',
    sa.Column('course_id', sa.BigInteger(), nullable=True),
    sa.Column('provider_id', sa.BigInteger(), nullable=True),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=True),
    sa.Column('title', sa.String(length=120), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('seats_taken', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=True),
    sa.Column('assessment_plan', sa.String(length=1000), nullable=True),
    sa.Column('decision_comment', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False)
    )
    op.create_index('ix_training_class_history_id', 'training_class_history', ['id', 'superseded_at'], unique=False)
    op.create_table('employer',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('credit_code', sa.String(length=18), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('posts', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name=op.f('ck_employer_credit_code')),
    sa.CheckConstraint("kind IN ('organ', 'institution', 'state_enterprise', 'enterprise', 'social', 'assistive')", name=op.f('ck_employer_kind_known')),
    sa.CheckConstraint('posts >= 0', name=op.f('ck_employer_posts')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_employer_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employer')),
    sa.UniqueConstraint('credit_code', name='uq_employer_credit_code')
    )
    op.create_index(op.f('ix_employer_region_code'), 'employer', ['region_code'], unique=False)
    op.create_table('one_time_code',
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.String(length=30), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_one_time_code_attempts')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_one_time_code_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_code'))
    )
    op.create_index(op.f('ix_one_time_code_account_id'), 'one_time_code', ['account_id'], unique=False)
    op.create_table('person',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('pinyin', sa.String(length=200), nullable=False),
    sa.Column('initials', sa.String(length=40), nullable=False),
    sa.Column('citizen_number', sa.LargeBinary(), nullable=False),
    sa.Column('citizen_number_index', sa.LargeBinary(), nullable=False),
    sa.Column('sex', sa.String(length=40), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(), nullable=True),
    sa.Column('residence_code', sa.String(length=12), nullable=False),
    sa.Column('hukou', sa.String(length=40), nullable=False),
    sa.Column('education', sa.String(length=40), nullable=True),
    sa.Column('zero_employment_household', sa.Boolean(), nullable=False),
    sa.Column('multiple_disabled_household', sa.Boolean(), nullable=False),
    sa.Column('poverty_monitored', sa.Boolean(), nullable=False),
    sa.Column('family_member_of_id', sa.BigInteger(), nullable=True),
    sa.Column('deceased_on', sa.Date(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("birth_date >= DATE '1900-01-01'", name=op.f('ck_person_birth_date')),
    sa.CheckConstraint("education IN ('none', 'primary', 'junior', 'senior', 'college', 'bachelor')", name=op.f('ck_person_education_known')),
    sa.CheckConstraint("hukou IN ('urban', 'rural')", name=op.f('ck_person_hukou_known')),
    sa.CheckConstraint("sex IN ('male', 'female')", name=op.f('ck_person_sex_known')),
    sa.CheckConstraint('family_member_of_id <> id', name=op.f('ck_person_not_family_of_itself')),
    sa.CheckConstraint('merged_into_id <> id', name=op.f('ck_person_not_merged_into_itself')),
    sa.ForeignKeyConstraint(['family_member_of_id'], ['person.id'], name=op.f('fk_person_family_member_of_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['person.id'], name=op.f('fk_person_merged_into_id')),
    sa.ForeignKeyConstraint(['residence_code'], ['region.code'], name=op.f('fk_person_residence_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person'))
    )
    op.create_index(op.f('ix_person_family_member_of_id'), 'person', ['family_member_of_id'], unique=False)
    op.create_index('ix_person_initials', 'person', ['initials'], unique=False, postgresql_ops={'initials': 'text_pattern_ops'})
    op.create_index(op.f('ix_person_merged_into_id'), 'person', ['merged_into_id'], unique=False)
    op.create_index('ix_person_name', 'person', ['name'], unique=False, postgresql_ops={'name': 'text_pattern_ops'})
    op.create_index('ix_person_phone_index', 'person', ['phone_index'], unique=False)
    op.create_index('ix_person_pinyin', 'person', ['pinyin'], unique=False, postgresql_ops={'pinyin': 'text_pattern_ops'})
    op.create_index('ix_person_residence_code', 'person', ['residence_code', 'id'], unique=False, postgresql_ops={'residence_code': 'text_pattern_ops'})
    op.create_index('uq_person_citizen_number', 'person', ['citizen_number_index'], unique=True, postgresql_where=sa.text('merged_into_id IS NULL'))
    op.create_table('plan',
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('ends_on > starts_on', name=op.f('ck_plan_dates')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_plan_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan')),
    sa.UniqueConstraint('region_code', 'title', name='uq_plan_title')
    )
    op.create_table('provider',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('credit_code', sa.String(length=18), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('contact_name', sa.String(length=80), nullable=False),
    sa.Column('contact_phone', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name=op.f('ck_provider_credit_code')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_provider_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider')),
    sa.UniqueConstraint('credit_code', name='uq_provider_credit_code')
    )
    op.create_index(op.f('ix_provider_region_code'), 'provider', ['region_code'], unique=False)
    op.create_table('sign_in_failure',
    sa.Column('name_index', sa.LargeBinary(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('failures > 0', name=op.f('ck_sign_in_failure_failures')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_sign_in_failure_account_id')),
    sa.PrimaryKeyConstraint('name_index', name=op.f('pk_sign_in_failure'))
    )
    op.create_index(op.f('ix_sign_in_failure_account_id'), 'sign_in_failure', ['account_id'], unique=False)
    op.create_table('ability_assessment',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('assessed_on', sa.Date(), nullable=False),
    sa.Column('assessor', sa.String(length=80), nullable=False),
    sa.Column('mobility', sa.SmallInteger(), nullable=False),
    sa.Column('communication', sa.SmallInteger(), nullable=False),
    sa.Column('learning', sa.SmallInteger(), nullable=False),
    sa.Column('work_endurance', sa.SmallInteger(), nullable=False),
    sa.Column('recommendation', sa.String(length=500), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('greatest(mobility, communication, learning, work_endurance) <= 100', name=op.f('ck_ability_assessment_scores_high')),
    sa.CheckConstraint('least(mobility, communication, learning, work_endurance) >= 0', name=op.f('ck_ability_assessment_scores_low')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ability_assessment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ability_assessment'))
    )
    op.create_index(op.f('ix_ability_assessment_person_id'), 'ability_assessment', ['person_id'], unique=False)
    op.create_table('account_request',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('guardian_name', sa.String(length=80), nullable=False),
    sa.Column('guardian_relation', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name=op.f('ck_account_request_state_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_request_account_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_account_request_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_request'))
    )
    op.create_index('uq_account_request_waiting', 'account_request', ['person_id'], unique=True, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('accreditation',
    sa.Column('provider_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('document_number', sa.String(length=60), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    postgresql.ExcludeConstraint((sa.text("int8range(provider_id, provider_id, '[]')"), '&&'), (sa.text("daterange(valid_from, valid_to, '[]')"), '&&'), using='gist', name='ex_accreditation_period'),
    sa.CheckConstraint('cardinality(kinds) > 0', name=op.f('ck_accreditation_kinds')),
    sa.CheckConstraint('valid_to > valid_from', name=op.f('ck_accreditation_validity')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_accreditation_provider_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accreditation'))
    )
    op.create_table('disability_certificate',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.LargeBinary(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('grade', sa.SmallInteger(), nullable=False),
    sa.Column('components', postgresql.ARRAY(sa.String(length=20)), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("(category = 'multiple') = (cardinality(components) >= 2)", name=op.f('ck_disability_certificate_components_of_multiple')),
    sa.CheckConstraint("category IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'mental', 'multiple')", name=op.f('ck_disability_certificate_category_known')),
    sa.CheckConstraint('expires_on > issued_on', name=op.f('ck_disability_certificate_validity')),
    sa.CheckConstraint('grade BETWEEN 1 AND 4', name=op.f('ck_disability_certificate_grade')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_disability_certificate_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disability_certificate')),
    sa.UniqueConstraint('number_index', name='uq_disability_certificate_number')
    )
    op.create_index(op.f('ix_disability_certificate_person_id'), 'disability_certificate', ['person_id'], unique=False)
    op.create_table('guardian',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('relation', sa.String(length=20), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_guardian_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guardian'))
    )
    op.create_index(op.f('ix_guardian_person_id'), 'guardian', ['person_id'], unique=False)
    op.create_table('need_registration',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('wish', sa.String(length=200), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("kind IN ('training', 'employment')", name=op.f('ck_need_registration_kind_known')),
    sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_need_registration_year')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_need_registration_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_need_registration')),
    sa.UniqueConstraint('person_id', 'year', 'kind', name='uq_need_registration_once')
    )
    op.create_table('person_merge',
    sa.Column('kept_id', sa.BigInteger(), nullable=False),
    sa.Column('merged_id', sa.BigInteger(), nullable=False),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('merged_by_id', sa.BigInteger(), nullable=False),
    sa.Column('moved', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['kept_id'], ['person.id'], name=op.f('fk_person_merge_kept_id')),
    sa.ForeignKeyConstraint(['merged_id'], ['person.id'], name=op.f('fk_person_merge_merged_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_merge')),
    sa.UniqueConstraint('merged_id', name='uq_person_merge_merged_id')
    )
    op.create_index(op.f('ix_person_merge_kept_id'), 'person_merge', ['kept_id'], unique=False)
    op.create_table('role_grant',
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=True),
    sa.Column('provider_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("(role IN ('federation', 'township')) = (region_code IS NOT NULL) AND (role = 'provider') = (provider_id IS NOT NULL) AND (role = 'trainee') = (person_id IS NOT NULL)", name=op.f('ck_role_grant_scope_of_role')),
    sa.CheckConstraint("role IN ('sysadmin', 'federation', 'township', 'provider', 'trainee', 'judge', 'auditor')", name=op.f('ck_role_grant_role_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_role_grant_account_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_role_grant_provider_id')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_role_grant_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('account_id', 'role', 'region_code', 'provider_id', 'person_id', name='uq_role_grant_once', postgresql_nulls_not_distinct=True)
    )
    op.create_index(op.f('ix_role_grant_account_id'), 'role_grant', ['account_id'], unique=False)
    op.create_index(op.f('ix_role_grant_person_id'), 'role_grant', ['person_id'], unique=False)
    op.create_table('target',
    sa.Column('plan_id', sa.BigInteger(), nullable=False),
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("indicator IN ('trained', 'employed')", name=op.f('ck_target_indicator_known')),
    sa.CheckConstraint('value > 0', name=op.f('ck_target_value')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_target_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target')),
    sa.UniqueConstraint('plan_id', 'indicator', name='uq_target_indicator')
    )
    op.create_table('teacher',
    sa.Column('provider_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_teacher_provider_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teacher'))
    )
    op.create_index(op.f('ix_teacher_provider_id'), 'teacher', ['provider_id'], unique=False)
    op.create_table('venue',
    sa.Column('provider_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('step_free', sa.Boolean(), nullable=False),
    sa.Column('accessible_toilet', sa.Boolean(), nullable=False),
    sa.Column('tactile_guidance', sa.Boolean(), nullable=False),
    sa.Column('screen_readers', sa.Boolean(), nullable=False),
    sa.Column('way_there', sa.String(length=300), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('capacity BETWEEN 1 AND 500', name=op.f('ck_venue_capacity')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_venue_provider_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_venue')),
    sa.UniqueConstraint('provider_id', 'name', name='uq_venue_name')
    )
    op.create_table('yearly_check',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=False),
    sa.Column('employment', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("employment IN ('employed', 'seeking', 'not_seeking')", name=op.f('ck_yearly_check_employment_known')),
    sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_yearly_check_year')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_yearly_check_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_yearly_check')),
    sa.UniqueConstraint('person_id', 'year', name='uq_yearly_check_once')
    )
    op.create_table('consent',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('wording', sa.String(length=500), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('given_by_guardian_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("purpose IN ('training', 'public_certificate')", name=op.f('ck_consent_purpose_known')),
    sa.CheckConstraint('withdrawn_at IS NULL OR withdrawn_at >= given_at', name=op.f('ck_consent_withdrawn_after_given')),
    sa.ForeignKeyConstraint(['given_by_guardian_id'], ['guardian.id'], name=op.f('fk_consent_given_by_guardian_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_consent_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    op.create_index('uq_consent_live', 'consent', ['person_id', 'purpose'], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_table('teacher_qualification',
    sa.Column('teacher_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('valid_to IS NULL OR valid_to > valid_from', name=op.f('ck_teacher_qualification_validity')),
    sa.ForeignKeyConstraint(['teacher_id'], ['teacher.id'], name=op.f('fk_teacher_qualification_teacher_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teacher_qualification'))
    )
    op.create_index(op.f('ix_teacher_qualification_teacher_id'), 'teacher_qualification', ['teacher_id'], unique=False)
    op.create_table('training_class',
    sa.Column('course_id', sa.BigInteger(), nullable=False),
    sa.Column('provider_id', sa.BigInteger(), nullable=False),
    sa.Column('venue_id', sa.BigInteger(), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('seats_taken', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('assessment_plan', sa.String(length=1000), nullable=False),
    sa.Column('decision_comment', sa.String(length=1000), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('created_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'returned', 'approved', 'enrolling', 'running', 'completed', 'archived', 'cancelled')", name=op.f('ck_training_class_state_known')),
    sa.CheckConstraint('capacity BETWEEN 1 AND 500', name=op.f('ck_training_class_capacity')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_training_class_dates')),
    sa.CheckConstraint('seats_taken BETWEEN 0 AND capacity', name=op.f('ck_training_class_seats')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_training_class_course_id')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_training_class_provider_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_training_class_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_class')),
    sa.UniqueConstraint('number', name='uq_training_class_number')
    )
    op.create_index(op.f('ix_training_class_course_id'), 'training_class', ['course_id'], unique=False)
    op.create_index('ix_training_class_provider_id', 'training_class', ['provider_id', 'starts_on'], unique=False)
    op.create_index('ix_training_class_starts_on', 'training_class', ['starts_on', 'id'], unique=False)
    op.create_table('class_session',
    sa.Column('class_id', sa.BigInteger(), nullable=False),
    sa.Column('venue_id', sa.BigInteger(), nullable=False),
    sa.Column('teacher_id', sa.BigInteger(), nullable=False),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=False),
    sa.Column('topic', sa.String(length=120), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.Column('lesson_hours', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    postgresql.ExcludeConstraint((sa.text("int8range(teacher_id, teacher_id, '[]')"), '&&'), (sa.column('during'), '&&'), where=sa.text("state <> 'cancelled'"), using='gist', name='ex_class_session_teacher'),
    postgresql.ExcludeConstraint((sa.text("int8range(venue_id, venue_id, '[]')"), '&&'), (sa.column('during'), '&&'), where=sa.text("state <> 'cancelled'"), using='gist', name='ex_class_session_venue'),
    sa.CheckConstraint("part IN ('theory', 'practice')", name=op.f('ck_class_session_part_known')),
    sa.CheckConstraint("state IN ('planned', 'cancelled')", name=op.f('ck_class_session_state_known')),
    sa.CheckConstraint('NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)', name=op.f('ck_class_session_during')),
    sa.CheckConstraint('lesson_hours BETWEEN 1 AND 8', name=op.f('ck_class_session_lesson_hours')),
    sa.ForeignKeyConstraint(['class_id'], ['training_class.id'], name=op.f('fk_class_session_class_id')),
    sa.ForeignKeyConstraint(['teacher_id'], ['teacher.id'], name=op.f('fk_class_session_teacher_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.id'], name=op.f('fk_class_session_venue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_class_session'))
    )
    op.create_index('ix_class_session_class_id', 'class_session', ['class_id', 'during'], unique=False)
    op.create_table('enrolment',
    sa.Column('class_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_by', sa.String(length=40), nullable=False),
    sa.Column('applied_by_id', sa.BigInteger(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('employed_at_enrolment', sa.Boolean(), nullable=False),
    sa.Column('eligibility', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('enrolled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawal_reason', sa.String(length=300), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f('ck_enrolment_withdrawn_at')),
    sa.CheckConstraint("applied_by IN ('self', 'township', 'provider', 'federation')", name=op.f('ck_enrolment_applied_by_known')),
    sa.CheckConstraint("state <> 'enrolled' OR enrolled_at IS NOT NULL", name=op.f('ck_enrolment_enrolled_at')),
    sa.CheckConstraint("state IN ('enrolled', 'waiting', 'withdrawn')", name=op.f('ck_enrolment_state_known')),
    sa.ForeignKeyConstraint(['class_id'], ['training_class.id'], name=op.f('fk_enrolment_class_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_enrolment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment')),
    sa.UniqueConstraint('nonce', name='uq_enrolment_nonce')
    )
    op.create_index('ix_enrolment_person_id', 'enrolment', ['person_id'], unique=False)
    op.create_index('ix_enrolment_waiting', 'enrolment', ['class_id', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('uq_enrolment_live', 'enrolment', ['class_id', 'person_id'], unique=True, postgresql_where=sa.text("state <> 'withdrawn'"))
    op.create_table('accommodation',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('answer', sa.String(length=200), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("kind IN ('sign_language', 'braille', 'large_print', 'screen_reader', 'step_free', 'guide', 'companion', 'easy_language')", name=op.f('ck_accommodation_kind_known')),
    sa.CheckConstraint("state IN ('asked', 'arranged', 'unmet')", name=op.f('ck_accommodation_state_known')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_accommodation_enrolment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accommodation')),
    sa.UniqueConstraint('enrolment_id', 'kind', name='uq_accommodation_once')
    )
    op.create_table('assessment_result',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.Column('points', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('assessed_on', sa.Date(), nullable=False),
    sa.Column('entered_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("part IN ('theory', 'practice')", name=op.f('ck_assessment_result_part_known')),
    sa.CheckConstraint('points BETWEEN 0 AND 100', name=op.f('ck_assessment_result_points')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_assessment_result_enrolment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_result')),
    sa.UniqueConstraint('enrolment_id', 'part', name='uq_assessment_result_once')
    )
    op.create_table('attendance_mark',
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('mark', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('marked_by_id', sa.BigInteger(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("mark IN ('present', 'late', 'leave', 'absent')", name=op.f('ck_attendance_mark_mark_known')),
    sa.CheckConstraint("method IN ('roll_call')", name=op.f('ck_attendance_mark_method_known')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_attendance_mark_enrolment_id')),
    sa.ForeignKeyConstraint(['session_id'], ['class_session.id'], name=op.f('fk_attendance_mark_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance_mark')),
    sa.UniqueConstraint('session_id', 'enrolment_id', name='uq_attendance_mark_once')
    )
    op.create_index('ix_attendance_mark_enrolment_id', 'attendance_mark', ['enrolment_id'], unique=False)
    op.create_table('completion',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('completed_on', sa.Date(), nullable=False),
    sa.Column('hours_attended', sa.Integer(), nullable=False),
    sa.Column('hours_held', sa.Integer(), nullable=False),
    sa.Column('calculation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('proposed_by_id', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by_id', sa.BigInteger(), nullable=True),
    sa.Column('comment', sa.String(length=300), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("(state = 'confirmed') = (confirmed_at IS NOT NULL)", name=op.f('ck_completion_confirmed_at')),
    sa.CheckConstraint("outcome IN ('passed', 'failed')", name=op.f('ck_completion_outcome_known')),
    sa.CheckConstraint("state IN ('proposed', 'confirmed', 'returned')", name=op.f('ck_completion_state_known')),
    sa.CheckConstraint('hours_attended BETWEEN 0 AND hours_held', name=op.f('ck_completion_hours')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_completion_enrolment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_completion')),
    sa.UniqueConstraint('enrolment_id', name='uq_completion_enrolment')
    )
    op.create_index('ix_completion_completed_on', 'completion', ['completed_on', 'id'], unique=False)
    op.create_table('employment_spell',
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=True),
    sa.Column('form', sa.String(length=40), nullable=False),
    sa.Column('employer_id', sa.BigInteger(), nullable=True),
    sa.Column('workplace', sa.String(length=120), nullable=False),
    sa.Column('post', sa.String(length=60), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=200), nullable=False),
    sa.Column('monthly_wage', sa.Numeric(precision=10, scale=2), nullable=True),
    sa.Column('contract_months', sa.SmallInteger(), nullable=True),
    sa.Column('insurance_months', sa.SmallInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_by_id', sa.BigInteger(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger(), nullable=True),
    sa.Column('decision_comment', sa.String(length=300), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    postgresql.ExcludeConstraint((sa.text("int8range(person_id, person_id, '[]')"), '&&'), (sa.text("int8range(hashtextextended(workplace || '/' || post, 0), hashtextextended(workplace || '/' || post, 0), '[]')"), '&&'), (sa.text("daterange(started_on, ended_on, '[]')"), '&&'), where=sa.text("state <> 'returned'"), using='gist', name='ex_employment_spell_same_post'),
    sa.CheckConstraint("(state = 'reported') = (decided_at IS NULL)", name=op.f('ck_employment_spell_decided_at')),
    sa.CheckConstraint("form IN ('proportional', 'concentrated', 'self_employed', 'rural', 'public_post', 'assistive', 'flexible')", name=op.f('ck_employment_spell_form_known')),
    sa.CheckConstraint("state IN ('reported', 'verified', 'returned')", name=op.f('ck_employment_spell_state_known')),
    sa.CheckConstraint('contract_months BETWEEN 0 AND 600', name=op.f('ck_employment_spell_contract_months')),
    sa.CheckConstraint('ended_on >= started_on', name=op.f('ck_employment_spell_dates')),
    sa.CheckConstraint('insurance_months BETWEEN 0 AND 600', name=op.f('ck_employment_spell_insurance_months')),
    sa.CheckConstraint('monthly_wage >= 0', name=op.f('ck_employment_spell_monthly_wage')),
    sa.ForeignKeyConstraint(['employer_id'], ['employer.id'], name=op.f('fk_employment_spell_employer_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_employment_spell_enrolment_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_employment_spell_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employment_spell'))
    )
    op.create_index(op.f('ix_employment_spell_employer_id'), 'employment_spell', ['employer_id'], unique=False)
    op.create_index(op.f('ix_employment_spell_enrolment_id'), 'employment_spell', ['enrolment_id'], unique=False)
    op.create_index('ix_employment_spell_person_id', 'employment_spell', ['person_id', 'started_on'], unique=False)
    op.create_index('ix_employment_spell_state', 'employment_spell', ['state', 'id'], unique=False)
    op.create_table('follow_up',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('months', sa.SmallInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('method', sa.String(length=40), nullable=True),
    sa.Column('interviewer_id', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("method IN ('phone', 'visit', 'message')", name=op.f('ck_follow_up_method_known')),
    sa.CheckConstraint("outcome IN ('employed', 'not_employed', 'not_reached', 'refused', 'excluded')", name=op.f('ck_follow_up_outcome_known')),
    sa.CheckConstraint('(outcome IS NULL) = (closed_on IS NULL)', name=op.f('ck_follow_up_closed_on')),
    sa.CheckConstraint('months > 0', name=op.f('ck_follow_up_months')),
    sa.CheckConstraint('outcome IS NULL OR method IS NOT NULL', name=op.f('ck_follow_up_method')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_follow_up_enrolment_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_follow_up_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up')),
    sa.UniqueConstraint('enrolment_id', 'months', name='uq_follow_up_once')
    )
    op.create_index('ix_follow_up_open', 'follow_up', ['due_on', 'id'], unique=False, postgresql_where=sa.text('outcome IS NULL'))
    op.create_index('ix_follow_up_person_id', 'follow_up', ['person_id'], unique=False)
    op.create_table('certificate',
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('verification_token', sa.String(length=40), nullable=False),
    sa.Column('completion_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('issued_by_id', sa.BigInteger(), nullable=False),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('pdf_sha256', sa.String(length=64), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by_id', sa.BigInteger(), nullable=True),
    sa.Column('revocation_reason', sa.String(length=300), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f('ck_certificate_revoked_at')),
    sa.CheckConstraint("state = 'valid' OR revocation_reason <> ''", name=op.f('ck_certificate_revocation_reason')),
    sa.CheckConstraint("state IN ('valid', 'revoked')", name=op.f('ck_certificate_state_known')),
    sa.ForeignKeyConstraint(['completion_id'], ['completion.id'], name=op.f('fk_certificate_completion_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_certificate_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('number', name='uq_certificate_number'),
    sa.UniqueConstraint('verification_token', name='uq_certificate_verification_token')
    )
    op.create_index('ix_certificate_person_id', 'certificate', ['person_id'], unique=False)
    op.create_index('uq_certificate_valid_completion', 'certificate', ['completion_id'], unique=True, postgresql_where=sa.text("state = 'valid'"))
    op.create_table('exclusion',
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('recorded_at_follow_up_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("reason IN ('deceased', 'institution', 'education', 'moved')", name=op.f('ck_exclusion_reason_known')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_exclusion_enrolment_id')),
    sa.ForeignKeyConstraint(['recorded_at_follow_up_id'], ['follow_up.id'], name=op.f('fk_exclusion_recorded_at_follow_up_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exclusion')),
    sa.UniqueConstraint('enrolment_id', name='uq_exclusion_enrolment')
    )
    op.create_table('follow_up_attempt',
    sa.Column('follow_up_id', sa.BigInteger(), nullable=False),
    sa.Column('attempted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('attempted_by_id', sa.BigInteger(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("method IN ('phone', 'visit', 'message')", name=op.f('ck_follow_up_attempt_method_known')),
    sa.ForeignKeyConstraint(['follow_up_id'], ['follow_up.id'], name=op.f('fk_follow_up_attempt_follow_up_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up_attempt')),
    sa.UniqueConstraint('nonce', name='uq_follow_up_attempt_nonce')
    )
    op.create_index(op.f('ix_follow_up_attempt_follow_up_id'), 'follow_up_attempt', ['follow_up_id'], unique=False)
    op.create_table('evidence',
    sa.Column('spell_id', sa.BigInteger(), nullable=True),
    sa.Column('exclusion_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('grade', sa.String(length=40), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=120), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('uploaded_by_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f('ck_evidence_grade_known')),
    sa.CheckConstraint("kind IN ('contract', 'insurance', 'licence', 'payroll', 'post_agreement', 'village_certificate', 'photo', 'statement', 'other')", name=op.f('ck_evidence_kind_known')),
    sa.CheckConstraint('num_nonnulls(spell_id, exclusion_id) = 1', name=op.f('ck_evidence_one_subject')),
    sa.CheckConstraint('size > 0', name=op.f('ck_evidence_size')),
    sa.ForeignKeyConstraint(['exclusion_id'], ['exclusion.id'], name=op.f('fk_evidence_exclusion_id')),
    sa.ForeignKeyConstraint(['spell_id'], ['employment_spell.id'], name=op.f('fk_evidence_spell_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('spell_id', 'exclusion_id', 'sha256', name='uq_evidence_once', postgresql_nulls_not_distinct=True)
    )
    op.create_index(op.f('ix_evidence_exclusion_id'), 'evidence', ['exclusion_id'], unique=False)
    op.create_index(op.f('ix_evidence_spell_id'), 'evidence', ['spell_id'], unique=False)
    for table in _VERSIONED:
        op.execute(
            f"CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_history()"
        )
        op.execute(
            f"CREATE TRIGGER stamp_recorded_at BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION stamp_recorded_at()"
        )
    op.execute(
        "CREATE TRIGGER count_seats AFTER INSERT OR DELETE OR UPDATE OF state, class_id ON enrolment "
        "FOR EACH ROW EXECUTE FUNCTION count_seats()"
    )
    _execute(SchemaManager.get_schema())


def _execute(script: str) -> None:
    """Run several statements at once; the driver only does so without parameters."""
    op.get_bind().connection.driver_connection.execute(script)


def downgrade() -> None:
    op.drop_index(op.f('ix_evidence_spell_id'), table_name='evidence')
    op.drop_index(op.f('ix_evidence_exclusion_id'), table_name='evidence')
    op.drop_table('evidence')
    op.drop_index(op.f('ix_follow_up_attempt_follow_up_id'), table_name='follow_up_attempt')
    op.drop_table('follow_up_attempt')
    op.drop_table('exclusion')
    op.drop_index('uq_certificate_valid_completion', table_name='certificate', postgresql_where=sa.text("state = 'valid'"))
    op.drop_index('ix_certificate_person_id', table_name='certificate')
    op.drop_table('certificate')
    op.drop_index('ix_follow_up_person_id', table_name='follow_up')
    op.drop_index('ix_follow_up_open', table_name='follow_up', postgresql_where=sa.text('outcome IS NULL'))
    op.drop_table('follow_up')
    op.drop_index('ix_employment_spell_state', table_name='employment_spell')
    op.drop_index('ix_employment_spell_person_id', table_name='employment_spell')
    op.drop_index(op.f('ix_employment_spell_enrolment_id'), table_name='employment_spell')
    op.drop_index(op.f('ix_employment_spell_employer_id'), table_name='employment_spell')
    op.drop_table('employment_spell')
    op.drop_index('ix_completion_completed_on', table_name='completion')
    op.drop_table('completion')
    op.drop_index('ix_attendance_mark_enrolment_id', table_name='attendance_mark')
    op.drop_table('attendance_mark')
    op.drop_table('assessment_result')
    op.drop_table('accommodation')
    op.drop_index('uq_enrolment_live', table_name='enrolment', postgresql_where=sa.text("state <> 'withdrawn'"))
    op.drop_index('ix_enrolment_waiting', table_name='enrolment', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_enrolment_person_id', table_name='enrolment')
    op.drop_table('enrolment')
    op.drop_index('ix_class_session_class_id', table_name='class_session')
    op.drop_table('class_session')
    op.drop_index('ix_training_class_starts_on', table_name='training_class')
    op.drop_index('ix_training_class_provider_id', table_name='training_class')
    op.drop_index(op.f('ix_training_class_course_id'), table_name='training_class')
    op.drop_table('training_class')
    op.drop_index(op.f('ix_teacher_qualification_teacher_id'), table_name='teacher_qualification')
    op.drop_table('teacher_qualification')
    op.drop_index('uq_consent_live', table_name='consent', postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_table('consent')
    op.drop_table('yearly_check')
    op.drop_table('venue')
    op.drop_index(op.f('ix_teacher_provider_id'), table_name='teacher')
    op.drop_table('teacher')
    op.drop_table('target')
    op.drop_index(op.f('ix_role_grant_person_id'), table_name='role_grant')
    op.drop_index(op.f('ix_role_grant_account_id'), table_name='role_grant')
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_person_merge_kept_id'), table_name='person_merge')
    op.drop_table('person_merge')
    op.drop_table('need_registration')
    op.drop_index(op.f('ix_guardian_person_id'), table_name='guardian')
    op.drop_table('guardian')
    op.drop_index(op.f('ix_disability_certificate_person_id'), table_name='disability_certificate')
    op.drop_table('disability_certificate')
    op.drop_table('accreditation')
    op.drop_index('uq_account_request_waiting', table_name='account_request', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('account_request')
    op.drop_index(op.f('ix_ability_assessment_person_id'), table_name='ability_assessment')
    op.drop_table('ability_assessment')
    op.drop_index(op.f('ix_sign_in_failure_account_id'), table_name='sign_in_failure')
    op.drop_table('sign_in_failure')
    op.drop_index(op.f('ix_provider_region_code'), table_name='provider')
    op.drop_table('provider')
    op.drop_table('plan')
    op.drop_index('uq_person_citizen_number', table_name='person', postgresql_where=sa.text('merged_into_id IS NULL'))
    op.drop_index('ix_person_residence_code', table_name='person', postgresql_ops={'residence_code': 'text_pattern_ops'})
    op.drop_index('ix_person_pinyin', table_name='person', postgresql_ops={'pinyin': 'text_pattern_ops'})
    op.drop_index('ix_person_phone_index', table_name='person')
    op.drop_index('ix_person_name', table_name='person', postgresql_ops={'name': 'text_pattern_ops'})
    op.drop_index(op.f('ix_person_merged_into_id'), table_name='person')
    op.drop_index('ix_person_initials', table_name='person', postgresql_ops={'initials': 'text_pattern_ops'})
    op.drop_index(op.f('ix_person_family_member_of_id'), table_name='person')
    op.drop_table('person')
    op.drop_index(op.f('ix_one_time_code_account_id'), table_name='one_time_code')
    op.drop_table('one_time_code')
    op.drop_index(op.f('ix_employer_region_code'), table_name='employer')
    op.drop_table('employer')
    op.drop_index('ix_training_class_history_id', table_name='training_class_history')
    op.drop_table('training_class_history')
    op.drop_table('region')
    op.drop_index('ix_person_history_id', table_name='person_history')
    op.drop_table('person_history')
    op.drop_table('outbox_message')
    op.drop_index('ix_follow_up_history_id', table_name='follow_up_history')
    op.drop_table('follow_up_history')
    op.drop_index('ix_exclusion_history_id', table_name='exclusion_history')
    op.drop_table('exclusion_history')
    op.drop_table('event_seal_mark')
    op.drop_table('event_seal')
    op.drop_index('ix_event_subject', table_name='event')
    op.drop_index('ix_event_account_id', table_name='event')
    op.drop_table('event')
    op.drop_index('ix_enrolment_history_id', table_name='enrolment_history')
    op.drop_table('enrolment_history')
    op.drop_index('ix_employment_spell_history_id', table_name='employment_spell_history')
    op.drop_table('employment_spell_history')
    op.drop_index('ix_disability_certificate_history_id', table_name='disability_certificate_history')
    op.drop_table('disability_certificate_history')
    op.drop_index('ix_course_history_id', table_name='course_history')
    op.drop_table('course_history')
    op.drop_table('course')
    op.drop_index('ix_completion_history_id', table_name='completion_history')
    op.drop_table('completion_history')
    op.drop_index('ix_class_session_history_id', table_name='class_session_history')
    op.drop_table('class_session_history')
    op.drop_table('certificate_series')
    op.drop_index('ix_certificate_history_id', table_name='certificate_history')
    op.drop_table('certificate_history')
    op.drop_index('ix_audit_finding_subject', table_name='audit_finding')
    op.drop_table('audit_finding')
    op.drop_index('ix_attendance_mark_history_id', table_name='attendance_mark_history')
    op.drop_table('attendance_mark_history')
    op.drop_index('ix_assessment_result_history_id', table_name='assessment_result_history')
    op.drop_table('assessment_result_history')
    op.drop_index('ix_accreditation_history_id', table_name='accreditation_history')
    op.drop_table('accreditation_history')
    op.drop_index('uq_account_username', table_name='account')
    op.drop_index(op.f('ix_account_phone_index'), table_name='account')
    op.drop_table('account')
    for function in ("count_seats", "stamp_recorded_at", "keep_history", "next_event_id"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP SEQUENCE event_id_seq")
    _drop_job_queue()


def _drop_job_queue() -> None:
    _execute(
        """
        DO $$
        DECLARE thing record;
        BEGIN
            FOR thing IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate\\_%' LOOP
                EXECUTE format('DROP TABLE %I CASCADE', thing.tablename);
            END LOOP;
            FOR thing IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
                WHERE p.proname LIKE 'procrastinate\\_%' LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', thing.signature);
            END LOOP;
            FOR thing IN SELECT typname FROM pg_type WHERE typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c') LOOP
                EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', thing.typname);
            END LOOP;
        END $$
        """
    )
