#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dialogue.h"
#include "options.h"
#include "procfs.h"
#include "report.h"

namespace mailload {

/// What every command is given: its options, the server's processes, and where it leaves its figures and troubles.
struct Run {
  const Options& options;
  ProcessTree server;
  Json result;
  Troubles troubles;

  std::string host() const { return options.text("host", "127.0.0.1"); }
  std::string account(long number) const { return numbered(options.text("user", "u%d@bench.test"), number); }
  std::string password() const { return options.text("pass", "benchpass"); }
};

/// Begins dialogues by `begin`, which gets their numbers from `done` on, until `total` are done, `at_once` at a time: each
/// raises `done` when it is. Gives up at the first trouble.
void begin_in_turn(const Run& run, Driver& driver, long total, long at_once, const long& done,
                   const std::function<void(long number)>& begin);

void run_smtp(Run& run);
void run_connrate(Run& run);
void run_pop3(Run& run);
void run_idle(Run& run);
void run_disk(Run& run);
void run_log_ins(Run& run);
void run_steady(Run& run);
void run_delete(Run& run);
void run_relay(Run& run);
void run_imap(Run& run);
void run_append(Run& run);
void run_imap_log_ins(Run& run);
void run_imap_idle(Run& run);
void run_notice(Run& run);

/// How many messages POP3 STAT tells in a session of its own for `account`, now. @throws std::runtime_error
long pop3_count(Run& run, long port, const std::string& account);

}  // namespace mailload
