/* The protocol of docs/guard.md, small enough to be searched whole: two runs want one resource of one target. Each has
 * a runner, a guard and a second guard that watches the first; `recover` and the sweep at boot put back what they leave.
 * Runners, guards and recoveries are killed at any instant, the connection is cut, the target boots.
 *
 * test/model/run searches it and shows that each defect named MUTANT_... below is found. `nr` is the number of a run. */

/* Sizes: test/model/run sets them. */
#ifndef RUNNERS
#define RUNNERS 2
#endif
#ifndef SECOND_GUARDS
#define SECOND_GUARDS 1
#endif
#ifndef PERSISTS
#define PERSISTS 1  /* 1: the change survives a boot (a file); 0: it does not (a rule of the kernel) */
#endif
#ifndef SWEEPS
#define SWEEPS 1    /* 1: `muster-guard sweep` runs at boot */
#endif
#ifndef MISFORTUNES
#define MISFORTUNES 3  /* how many there are at most: a death of a runner, guard, second guard or recovery, a cut, a boot */
#endif

#define LEASE 2     /* ticks */
#define DEADLINE 3

#define RUNS 3      /* runs are numbered 1 and 2; 0 is none of them */
#define WHOLE 0     /* what the resource holds when no change is in force */

/* Stages of a record; the first is no record at all. */
mtype = { absent, armed, injecting, in_force, undoing, clean };
/* What a runner asks, and what a guard answers. */
mtype = { nothing, inject, undo, is_armed, refused, is_active, undone };
/* Who may hold the lock of the resource. */
mtype = { nobody, guard, second_guard, recovery, sweeper };

/* ---- the target */
byte target = WHOLE;           /* or the number of the run whose change is in force */
mtype lock = nobody;
byte lock_run;                 /* of the guard that holds it */
bool fenced[RUNS];             /* the highest epoch on disk is a later one than this run's */
mtype stage[RUNS] = absent;    /* the record, on disk */
mtype synced[RUNS] = absent;   /* what of it a boot leaves */
byte before[RUNS];             /* the record's snapshot: what the target held when it was armed */
bool applying[RUNS];           /* the program that applies runs; it holds a lock on the record as long as it does */
bool guard_alive[RUNS], second_alive[RUNS];
bool booted;                   /* the sweep has not run since */

/* ---- the runner's machine, and the way between */
bool runner_alive[RUNS];
bool journal_open[RUNS];       /* an intent that is not yet known to be undone */
bool begun[RUNS];              /* it has taken its epoch; run 2 does so after run 1, which is no restriction */
mtype order[RUNS] = nothing, answer[RUNS] = nothing;
bool cut[RUNS];                /* nothing arrives any more, not even the end of input */
bool recovering;
bool gave_up[RUNS];            /* recover says that it is not clean, and cannot change it */

/* ---- time: what is left, in ticks */
bool timed[RUNS];              /* the guard is armed and waits */
byte lease_left[RUNS], deadline_left[RUNS];
byte silence[RUNS];            /* since the runner was last heard */

#define other(nr) (RUNS - nr)
#define is_clean(nr) (stage[nr] == absent || stage[nr] == clean)
#define input_ended(nr) (!runner_alive[nr] && !cut[nr])
#define has_order(nr, what) (order[nr] == what && !cut[nr])
#define min(a, b) (a < b -> a : b)

#ifdef MUTANT_EOF_IGNORED
#define must_end(nr) (has_order(nr, undo) || lease_left[nr] == 0)
#else
#define must_end(nr) (has_order(nr, undo) || input_ended(nr) || lease_left[nr] == 0)
#endif

inline write_record(nr, what) {
  atomic {
    stage[nr] = what;
#ifndef MUTANT_NO_DURABLE_INTENT
    synced[nr] = what
#endif
  }
}

inline heard(nr) {
  silence[nr] = 0;
#ifdef MUTANT_LEASE_NOT_CAPPED
  lease_left[nr] = LEASE
#else
  lease_left[nr] = min(LEASE, deadline_left[nr])
#endif
}

inline unlock() { atomic { lock = nobody; lock_run = 0 } }

/* What the kernel does when a guard ends, however it ends. */
inline guard_ends(nr) {
  guard_alive[nr] = false; timed[nr] = false; lease_left[nr] = 0; deadline_left[nr] = 0; silence[nr] = 0;
  if
  :: lock == guard && lock_run == nr -> unlock()
  :: else
  fi
}

/* Compare and restore: what is not ours is left alone. */
inline put_back(nr) {
  atomic {
    if
    :: target == nr -> target = before[nr]
    :: else
    fi
  }
}

/* What recover, the sweep and the second guard do under the lock, from the record alone. Only the record of a guard
 * that is dead is unclean under the lock. */
inline undo_recorded(nr) {
  if
  :: is_clean(nr)
  :: stage[nr] == armed -> write_record(nr, clean)
  :: !is_clean(nr) && stage[nr] != armed ->
#ifndef MUTANT_RECOVERY_OVERTAKES_APPLY
     !applying[nr];
#endif
     put_back(nr);
     write_record(nr, undoing);
     write_record(nr, clean)
  fi
}

proctype Runner(byte nr) {
  {
    atomic { nr == 1 || begun[1] || !runner_alive[1]; begun[nr] = true };
    journal_open[nr] = true;
    guard_alive[nr] = true;
    if
    :: answer[nr] == is_armed && !cut[nr] -> order[nr] = inject
    :: answer[nr] == refused && !cut[nr] -> goto closed
#ifndef MUTANT_DEATH_OF_GUARD_UNNOTICED
    :: answer[nr] != refused && !guard_alive[nr] -> goto gone
#endif
    :: cut[nr] -> goto gone
    fi;
    do
    :: atomic { guard_alive[nr] && !cut[nr] && answer[nr] != undone -> heard(nr) }
    :: answer[nr] == is_active && order[nr] == inject && !cut[nr] -> order[nr] = undo
    :: answer[nr] == undone && !cut[nr] -> goto closed
    :: answer[nr] != undone && !guard_alive[nr] -> goto gone
    :: cut[nr] -> goto gone
    od;
closed:
    journal_open[nr] = false;
gone:
    atomic { runner_alive[nr] = false; order[nr] = nothing }
  } unless { !runner_alive[nr] }
}

/* The program that applies. The death of the guard does not stop what it has already begun. */
proctype Apply(byte nr) {
end:
  do
  :: atomic { applying[nr] -> target = nr; applying[nr] = false }
  od
}

proctype Guard(byte nr) {
end:
  guard_alive[nr];
  {
    atomic {
      if
      :: lock == nobody -> lock = guard; lock_run = nr
      :: else -> goto refuse
      fi
    };
    atomic {
      if
#ifndef MUTANT_EPOCH_NOT_CHECKED
      :: fenced[nr] -> unlock(); goto refuse
#endif
      :: else -> if :: nr == 2 -> fenced[1] = true :: else fi
      fi
    };
#ifndef MUTANT_UNCLEAN_PAST_IGNORED
    atomic {
      if
      :: !is_clean(other(nr)) -> unlock(); goto refuse
      :: else
      fi
    };
#endif
    assert(target == WHOLE);  /* a change of another is never taken for how it was before */
    atomic { before[nr] = target; lease_left[nr] = LEASE; deadline_left[nr] = DEADLINE };
    write_record(nr, armed);
    atomic { second_alive[nr] = SECOND_GUARDS; answer[nr] = is_armed; timed[nr] = true };
    if
    :: has_order(nr, inject) && !must_end(nr)
    :: must_end(nr) -> goto over
    fi;
    write_record(nr, injecting);
    assert(!fenced[nr]);
    applying[nr] = true;
#ifndef MUTANT_LATE_INJECT
    !applying[nr];
#endif
    atomic { write_record(nr, in_force); answer[nr] = is_active };
    must_end(nr);
#ifdef MUTANT_CLEAN_BEFORE_UNDO
    write_record(nr, clean);
#endif
    put_back(nr);
    write_record(nr, undoing);
over:
    atomic { write_record(nr, clean); answer[nr] = undone; guard_ends(nr); goto ended };
refuse:
    atomic { answer[nr] = refused; guard_ends(nr) };
ended:
    skip
  } unless { !guard_alive[nr] }
}

/* Watches the first through its pidfd, and its record. */
proctype SecondGuard(byte nr) {
end:
  second_alive[nr];
  {
    !guard_alive[nr];
#ifndef MUTANT_SECOND_GUARD_SLEEPS
    if
    :: is_clean(nr)
    :: !is_clean(nr) -> atomic { lock == nobody -> lock = second_guard; lock_run = nr }; undo_recorded(nr); unlock()
    fi;
#else
end_asleep:
    false;
#endif
    second_alive[nr] = false
  } unless { !second_alive[nr] }
}

#define to_recover(nr) (journal_open[nr] && !runner_alive[nr] && !gave_up[nr])

/* `muster recover`, as often as it takes. The journal is closed by the runner's side, after the target has answered. */
proctype Recover() {
  byte nr;
  bool seen_gone;
end:
  do
  :: atomic {
       to_recover(1) || to_recover(2) -> recovering = true;
       if
       :: to_recover(1) -> nr = 1
       :: to_recover(2) -> nr = 2
       fi
     };
     {
#ifndef MUTANT_NO_LOCK_IN_RECOVER
       atomic { lock == nobody -> lock = recovery; fenced[1] = begun[1]; fenced[2] = begun[2] };
#endif
       undo_recorded(nr);
       seen_gone = (target != nr);
#ifndef MUTANT_NO_LOCK_IN_RECOVER
       unlock();
#endif
       if
       :: seen_gone -> journal_open[nr] = false
       :: else -> gave_up[nr] = true
       fi;
       atomic { recovering = false; nr = 0; seen_gone = false }
     } unless { !recovering }
  od
}

/* `muster-guard sweep`. It is not killed here: a boot that ends it starts it anew. */
proctype Sweep() {
  byte nr;
end:
  do
  :: atomic { booted && lock == nobody && !is_clean(1) -> nr = 1; lock = sweeper }; undo_recorded(nr); unlock()
  :: atomic { booted && lock == nobody && !is_clean(2) -> nr = 2; lock = sweeper }; undo_recorded(nr); unlock()
  :: atomic { booted && is_clean(1) && is_clean(2) -> booted = false }
  od
}

/* ---- what may happen at any instant */

inline second_ends(nr) {
  second_alive[nr] = false;
  if :: lock == second_guard && lock_run == nr -> unlock() :: else fi
}

inline recovery_ends() {
  recovering = false;
  if :: lock == recovery -> unlock() :: else fi
}

inline boot() {
  guard_ends(1); guard_ends(2);
  second_alive[1] = false; second_alive[2] = false; applying[1] = false; applying[2] = false; recovering = false;
  stage[1] = synced[1]; stage[2] = synced[2];
  unlock();
#if !PERSISTS
  target = WHOLE;
#endif
#if SWEEPS
  booted = true
#endif
}

proctype Misfortune() {
  byte count;
end:
  do
  :: atomic { count < MISFORTUNES ->
       if
       :: runner_alive[1] -> runner_alive[1] = false; answer[1] = nothing
       :: runner_alive[2] -> runner_alive[2] = false; answer[2] = nothing
       :: guard_alive[1] -> guard_ends(1)
       :: guard_alive[2] -> guard_ends(2)
       :: second_alive[1] -> second_ends(1)
       :: second_alive[2] -> second_ends(2)
       :: recovering -> recovery_ends()
       :: runner_alive[1] && !cut[1] -> cut[1] = true
       :: runner_alive[2] && !cut[2] -> cut[2] = true
       :: !booted -> boot()
       fi;
       count++
     }
  od
}

/* A guard is quick: no tick passes while it has something to do. A runner and a recovery may be as slow as they like. */
#define guard_acts(nr) (guard_alive[nr] && (!timed[nr] || must_end(nr) || \
                         (stage[nr] == armed && has_order(nr, inject)) || stage[nr] == injecting || stage[nr] == undoing))
#define second_acts(nr) (second_alive[nr] && !guard_alive[nr] && !is_clean(nr))
#ifdef MUTANT_SECOND_GUARD_SLEEPS
#define somebody_acts (guard_acts(1) || guard_acts(2))
#else
#define somebody_acts (guard_acts(1) || guard_acts(2) || second_acts(1) || second_acts(2))
#endif

inline tick(nr) {
  if
  :: timed[nr] ->
     if :: lease_left[nr] > 0 -> lease_left[nr]-- :: else fi;
     if :: deadline_left[nr] > 0 -> deadline_left[nr]-- :: else fi;
     if :: silence[nr] < LEASE -> silence[nr]++ :: else fi
  :: else
  fi
}

#define in_force_under_its_guard(nr) (target == nr && guard_alive[nr])

inline nothing_is_late(nr) {
  assert(!(in_force_under_its_guard(nr) && deadline_left[nr] == 0));    /* the hard deadline, which nothing moves */
  assert(!(in_force_under_its_guard(nr) && silence[nr] == LEASE));      /* silence for the whole lease */
  assert(!(in_force_under_its_guard(nr) && input_ended(nr)));           /* the end of input undoes at once */
  assert(!(target == nr && !guard_alive[nr] && second_alive[nr]))      /* so does the death of the first guard */
}

proctype Clock() {
end:
  do
  :: atomic { (timed[1] || timed[2]) && !somebody_acts -> nothing_is_late(1); nothing_is_late(2); tick(1); tick(2) }
  :: atomic { !timed[1] && !timed[2] && !somebody_acts && target != WHOLE && (second_alive[1] || second_alive[2]) ->
              nothing_is_late(1); nothing_is_late(2) }
  od
}

/* ---- what must hold */

/* In every state: nothing is in force that its record and its journal call clean. */
proctype Invariants() {
end:
  atomic { target != WHOLE && (is_clean(target) || !journal_open[target]) -> assert(false) }
}

/* At the end, when nobody has anything left to do: nothing is in force, held or open. */
proctype Judge() {
end:
  timeout ->
  assert(target == WHOLE);
  assert(is_clean(1) && is_clean(2) && !applying[1] && !applying[2]);
  assert(!journal_open[1] && !journal_open[2]);
  assert(lock == nobody)
}

init {
  atomic {
    runner_alive[1] = true;
    run Runner(1); run Guard(1); run SecondGuard(1); run Apply(1);
#if RUNNERS == 2
    runner_alive[2] = true;
    run Runner(2); run Guard(2); run SecondGuard(2); run Apply(2);
#endif
    run Recover(); run Sweep(); run Misfortune(); run Clock(); run Invariants(); run Judge()
  }
}
