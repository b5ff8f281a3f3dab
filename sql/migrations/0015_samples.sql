-- Recordings of voices by their address at the provider, once they were sent: Telegram has the file, and the next listener
-- costs no download.
create table pay.samples (
  address text primary key check (length(address) between 1 and 1000),
  file_id text not null check (length(file_id) between 1 and 200),
  sent_as text not null check (sent_as in ('audio', 'document'))
);
