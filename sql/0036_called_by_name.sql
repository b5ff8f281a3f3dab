-- A function belongs to those who are named, and to nobody by being there: default privileges of a schema cannot take from
-- everybody what everybody has by the server's own default.
revoke all on all functions in schema pay from public;
