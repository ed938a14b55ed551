#pragma once
// Plays the tests of Dovecot's Pigeonhole, which are Sieve scripts with commands of their own (vnd.dovecot.testsuite).
//
// A script sets a message, runs commands itself or compiles and runs other scripts beside it, has the result carried out,
// and looks at what was stored and sent. Here mailboxes and sent mail are lists in memory.
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/compile/options.h"
#include "posthouse/sieve/compile/script.h"
#include "posthouse/sieve/run/machine.h"

namespace posthouse::sieve::testing {

/// One file of tests.
class SvTest final : public Host, public ScriptSource, public Mailboxes, public Lists {
 public:
  explicit SvTest(std::filesystem::path file);

  /// Plays the file. What went wrong, a line each; empty where all tests passed.
  std::vector<std::string> run();
  /// How many tests were come to.
  std::size_t tests() const noexcept { return tests_; }

  bool call(const Call& call, Machine& machine) override;
  void end(const Call& call, Machine& machine) override;
  std::optional<std::string> read(Location location, std::string_view name) const override;
  std::string canonical(std::string_view name) const override;
  bool exists(std::string_view mailbox) const override;
  bool has_special_use(std::string_view mailbox, std::string_view use) const override;
  std::optional<std::string> annotation(std::string_view mailbox, std::string_view name) const override;
  bool knows(std::string_view list) const override;
  bool contains(std::string_view list, std::string_view value) const override;

 private:
  struct Stored {
    std::string bytes;
    std::vector<std::string> flags;
  };
  struct Sent {
    std::string from;
    std::string to;
    std::string bytes;
  };

  void set(const std::string& name, std::string value, Machine& machine);
  void set_message(std::string bytes, Machine& machine);
  bool compile_script(const std::string& name);
  bool run_script(Machine& machine, bool append);
  bool run_scripts(const std::vector<std::string>& names, Machine& machine);
  bool execute(Machine& machine);
  bool carry_out(const Action& action, Machine& machine, const std::string& bytes);
  bool store(const std::string& mailbox, const std::vector<std::string>& flags, bool create, const std::string& bytes);
  void send_answer(const Vacation& answer, Machine& machine);
  void send_notice(const Notify& notice, Machine& machine);
  std::string recipient_of(Machine& machine) const;
  std::string redirect_sender(Machine& machine) const;
  bool take_message(const Call& call, Machine& machine);
  bool match_errors(const Call& call, Machine& machine) const;
  bool match_actions(const Call& call, Machine& machine) const;
  void reset(Machine& machine);
  void apply_settings();
  void apply_limits();
  void apply_spam_settings();
  std::string setting(const std::string& name) const;
  std::size_t number_setting(const std::string& name, std::size_t otherwise) const;
  std::optional<std::string> dictionary(const std::string& path, std::string_view key) const;

  std::filesystem::path file_;
  std::filesystem::path folder_;
  HostCommands commands_;
  Options options_{};
  Context context_{};
  std::optional<Script> script_{};
  std::vector<std::string> errors_{};
  std::size_t executed_ = 0;
  bool kept_ = false;
  std::map<std::string, std::vector<Stored>, std::less<>> mailboxes_{};
  std::map<std::pair<std::string, std::string>, std::string> annotations_{};
  std::vector<Sent> sent_{};
  std::map<std::string, std::string> settings_{};
  std::vector<std::string> failures_{};
  std::string original_recipient_{};
  std::string test_{};
  std::size_t tests_ = 0;
};

}  // namespace posthouse::sieve::testing
