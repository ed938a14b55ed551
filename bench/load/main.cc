// mailload: a load client for mail servers, one measure a call, one line of JSON on stdout. It shares no code with the
// libraries it measures, and runs all its connections in one thread so that the server has the machine for itself.
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.h"
#include <unistd.h>

namespace mailload {
namespace {

constexpr const char* usage = R"(usage: mailload COMMAND [--option value]...
Prints one JSON object; troubles are counted in "troubles" and make the exit status 1.
All commands: --host IPV4 --port N --user PATTERN (with one %d: u%d@bench.test) --pass WORD --first N (first user)
              --pids P,Q (the server's processes: their CPU time is reported) --deadline SECONDS (300)
  smtp      --messages N --size OCTETS --connections N --users N --recipients N (of each, 1) [--lmtp 1]; visible when all
            are in --maildirs D,E (patterns; their files are counted) or else in POP3 at --pop3-port; --wait SECONDS
  connrate  connect, EHLO, QUIT again and again: --connections N --sessions N --seconds N (what ends first)
  pop3      log-in, STAT, LIST, UIDL, RETR of all, QUIT by --connections users at once; --window N RETR under way; --expect N
  log-ins   --connections N log in to POP3, as --users accounts in turn, ask STAT and QUIT, all at once or --at-once N;
            whoever finds a mailbox in use tries again, other failures are counted in "failed"
  steady    --rate N letters a second for --seconds N over --connections N, to --users; from the final dot to the 250
  delete    DELE of the first user's --messages N in POP3, then QUIT, while --rate N letters a second come by --smtp-port to
            the next user
  relay     --messages N to --domains N, handed in over --connections N [--log-in 1], all for a next hop at --sink-port, which
            takes none until the last one was accepted
  idle      --connections N logged in to POP3, each as a user of its own, --log-ins-at-once N; PSS before and with them
  imap      LOGIN, --select COMMAND (SELECT INBOX), then --ask COMMAND so many --times, every second time --alternate COMMAND;
            --expect N untagged answers to the last one
  append    --messages N of --size OCTETS by IMAP over --connections N, to --users N
  imap-log-ins  --sessions N of LOGIN and LOGOUT, --connections N at a time, as --users N in turn
  imap-idle     --connections N in IDLE, each as a user of its own, --log-ins-at-once N; PSS before and with them
  notice    --messages N at --rate N a second by --smtp-port while a session is in IDLE: from the 250 to its EXISTS
  pss       memory of the processes
  disk      appends of 4 KiB with fdatasync in --dir for --seconds N
)";

void run_pss(Run& run) {
  run.result.raw("memory", to_json(run.server.memory()));
}

struct Command {
  void (*run)(Run&);
  std::vector<std::string> options;
};

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> all = {
      {"smtp",
       {run_smtp, {"messages", "size", "connections", "users", "recipients", "lmtp", "maildirs", "pop3-port", "wait"}}},
      {"connrate", {run_connrate, {"connections", "sessions", "seconds"}}},
      {"pop3", {run_pop3, {"connections", "window", "expect"}}},
      {"idle", {run_idle, {"connections", "log-ins-at-once", "settle"}}},
      {"log-ins", {run_log_ins, {"connections", "users", "at-once"}}},
      {"steady", {run_steady, {"rate", "seconds", "connections", "size", "users"}}},
      {"delete", {run_delete, {"messages", "smtp-port", "rate", "size"}}},
      {"relay", {run_relay, {"messages", "size", "connections", "domains", "sink-port", "log-in"}}},
      {"imap", {run_imap, {"select", "ask", "alternate", "times", "expect"}}},
      {"append", {run_append, {"messages", "size", "connections", "users"}}},
      {"imap-log-ins", {run_imap_log_ins, {"sessions", "connections", "users"}}},
      {"imap-idle", {run_imap_idle, {"connections", "log-ins-at-once", "settle"}}},
      {"notice", {run_notice, {"messages", "rate", "size", "smtp-port"}}},
      {"pss", {run_pss, {}}},
      {"disk", {run_disk, {"dir", "seconds"}}},
  };
  return all;
}

extern "C" void deadline_reached(int) {
  static constexpr std::string_view message = "{\"troubles\":1,\"first_trouble\":\"the deadline was reached\"}\n";
  if (write(1, message.data(), message.size()) < 0) {
    _exit(4);
  }
  _exit(3);
}

int execute(const std::string& name, const Command& command, const std::vector<std::string>& words) {
  std::vector<std::string> known = command.options;
  known.insert(known.end(), {"host", "port", "user", "pass", "first", "pids", "deadline"});
  const Options options(words, known);
  std::signal(SIGALRM, deadline_reached);
  alarm(static_cast<unsigned>(options.number("deadline", 300)));

  Run run{.options = options, .server = ProcessTree(options.text("pids")), .result = {}, .troubles = {}};
  run.result.text("command", name);
  const double began = now(), server_cpu = run.server.cpu_seconds(), machine_cpu = machine_cpu_seconds();
  try {
    command.run(run);
  } catch (const std::exception& error) {
    run.troubles.add(error.what());
  }
  if (!run.server.empty()) {
    const double server = run.server.cpu_seconds() - server_cpu, own = own_cpu_seconds();
    const double others = machine_cpu_seconds() - machine_cpu - server - own;
    run.result.number("server_cpu_s", server, 2).number("client_cpu_s", own, 2);
    run.result.number("other_cores_busy", others / (now() - began), 2);
  }
  run.result.number("troubles", run.troubles.count());
  if (run.troubles.count() > 0) {
    run.result.text("first_trouble", run.troubles.first());
  }
  std::printf("%s\n", run.result.str().c_str());
  return run.troubles.count() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace mailload

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 1 && arguments[0] == "--help") {
    std::fputs(mailload::usage, stdout);
    return 0;
  }
  const auto found = arguments.empty() ? mailload::commands().end() : mailload::commands().find(arguments[0]);
  if (found == mailload::commands().end()) {
    std::fputs(mailload::usage, stderr);
    return 2;
  }
  try {
    return mailload::execute(found->first, found->second, {arguments.begin() + 1, arguments.end()});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mailload: %s\n", error.what());
    return 2;
  }
}
