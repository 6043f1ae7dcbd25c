-- When a ghost last spoke there, by the day: one that has been silent for long gives its seat back.
alter table seat add column spoken_on date not null default current_date;
