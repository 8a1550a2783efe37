-- Functions of the database that no model can express. The models' docstrings say what each is for.

-- The number of an event is drawn only after its transaction has an id, so that a transaction whose id is not
-- assigned yet can never hold a number below one that has been seen: this is what closes a range for sealing.
CREATE SEQUENCE event_id_seq;

CREATE FUNCTION next_event_id() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN nextval('event_id_seq');
END $$;

-- Moves the row that an UPDATE or DELETE replaces into <table>_history. Columns are matched by name, so both may grow.
CREATE FUNCTION keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    names text;
    fields text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
        NEW.recorded_at := moment;
    END IF;
    SELECT string_agg(quote_ident(attname), ', '), string_agg('($1).' || quote_ident(attname), ', ')
      INTO names, fields
      FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO %I (%s, superseded_at) SELECT %s, $2', TG_TABLE_NAME || '_history', names, fields)
      USING OLD, moment;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- A row's `recorded_at` is the database's to say, so that nobody can record today what was known last year.
CREATE FUNCTION stamp_recorded_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;

-- Keeps training_class.seats_taken. The UPDATE locks the class, so that the CHECK there decides every race.
CREATE FUNCTION count_seats() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    freed bigint := CASE WHEN TG_OP <> 'INSERT' THEN CASE WHEN OLD.state = 'enrolled' THEN OLD.class_id END END;
    taken bigint := CASE WHEN TG_OP <> 'DELETE' THEN CASE WHEN NEW.state = 'enrolled' THEN NEW.class_id END END;
BEGIN
    IF freed IS DISTINCT FROM taken THEN
        UPDATE training_class SET seats_taken = seats_taken - 1 WHERE id = freed;
        UPDATE training_class SET seats_taken = seats_taken + 1 WHERE id = taken;
    END IF;
    RETURN NULL;
END $$;
