"""The tables of payments, and the user that works with them: what is missing is made, what is there stays.

Only the rotation of the user's password does this, since it alone may log in as the master user. The password reaches
the database as the verifier that PostgreSQL keeps of it, never in clear.
"""

import base64
import hashlib
import hmac
import os

import boto3

LOCK = "SELECT 1 FROM pg_advisory_xact_lock(725931)"  # Any number: nobody else takes this lock.
TABLES = (
    "CREATE SCHEMA IF NOT EXISTS ledger",
    """
    CREATE TABLE IF NOT EXISTS ledger.payments (
        payment_id   text PRIMARY KEY,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency     char(3) NOT NULL,
        region       text NOT NULL,
        taken_at     timestamptz NOT NULL
    )""",
    """
    CREATE TABLE IF NOT EXISTS ledger.refunds (
        payment_id   text NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency     char(3) NOT NULL,
        region       text NOT NULL,
        taken_at     timestamptz NOT NULL,
        found_at     timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (payment_id, region, taken_at)
    )""",
    "CREATE INDEX IF NOT EXISTS payments_taken_at ON ledger.payments (taken_at)",
)
REMEMBER = "SELECT set_config('payments.who', :who, true), set_config('payments.verifier', :verifier, true)"
USER = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_setting('payments.who')) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', current_setting('payments.who'));
        END IF;
        EXECUTE format('ALTER ROLE %I PASSWORD %L', current_setting('payments.who'), current_setting('payments.verifier'));
        EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', current_setting('payments.who'));
        EXECUTE format('GRANT SELECT, INSERT ON ledger.payments, ledger.refunds TO %I', current_setting('payments.who'));
    END $$"""


def make(cluster, master_secret, database, user, password):
    """Makes tables and user, and gives the user this password: all of it or nothing."""
    data = boto3.client("rds-data")
    where = {"resourceArn": cluster, "secretArn": master_secret}
    transaction = {**where, "transactionId": data.begin_transaction(**where, database=database)["transactionId"]}
    try:
        told = {"who": user, "verifier": verifier(password, os.urandom(16))}
        for sql in (LOCK, *TABLES):
            data.execute_statement(**transaction, database=database, sql=sql)
        parameters = [{"name": name, "value": {"stringValue": value}} for name, value in told.items()]
        data.execute_statement(**transaction, database=database, sql=REMEMBER, parameters=parameters)
        data.execute_statement(**transaction, database=database, sql=USER)
    except BaseException:
        data.rollback_transaction(**transaction)
        raise
    data.commit_transaction(**transaction)


def verifier(password, salt, rounds=4096):
    """What PostgreSQL keeps of a password (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    keys = [base64.b64encode(part).decode() for part in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))]
    return f"SCRAM-SHA-256${rounds}:{keys[0]}${keys[1]}:{keys[2]}"
