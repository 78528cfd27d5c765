"""Steps from each version of the database to the next. Frozen: a step never imports live code.

They are run at start by `listener.storage.migrate`, in one transaction: there is no alembic.ini.
"""
