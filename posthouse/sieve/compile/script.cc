#include "posthouse/sieve/compile/script.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/compile/compiler.h"
#include "posthouse/sieve/error.h"
#include "posthouse/sieve/grammar/parser.h"

namespace posthouse::sieve {
namespace {

// Compiles a script, then those it includes, then those they include.
class Linker final : public Includes {
 public:
  explicit Linker(const Options& options) : options_(options), diagnostics_(options.limits.diagnostics) {
    if (options.host != nullptr) {
      data_->host_commands = options.host->commands;
    }
  }

  bool run(std::string_view text) {
    sources_.push_back({.name = options_.name, .text = std::string(text)});
    for (current_ = 0; current_ < sources_.size() && !diagnostics_.full(); ++current_) {
      diagnostics_.begin_script(sources_[current_].name);
      const std::size_t before = diagnostics_.errors().size();
      const std::string source = std::move(sources_[current_].text);
      const Tree tree = parse(source, options_.limits, diagnostics_);
      Program program;
      if (diagnostics_.errors().size() == before) {
        program = Compiler(options_, data_->host_commands, *this, diagnostics_)
                      .run(sources_[current_].name, sources_[current_].location == Location::global, tree);
      }
      sources_[current_].wrong = diagnostics_.errors().size() != before;
      data_->programs.push_back(std::move(program));
    }
    if (diagnostics_.errors().empty()) {
      find_circle();
    } else {
      tell_includers();
    }
    return diagnostics_.errors().empty();
  }

  std::uint32_t find(const std::string& wanted, Location location, bool optional, bool once, Position at) override {
    const std::string name = options_.scripts == nullptr ? wanted : options_.scripts->canonical(wanted);
    const auto [known, added] = known_.try_emplace({location, name}, Call::no_script);
    if (added) {
      known->second = add(name, location, at);
    }
    if (known->second == beyond_limits) {
      return Call::no_script;
    }
    if (known->second == Call::no_script) {
      if (!optional) {
        diagnostics_.error(at, fmt::format("there is no {} script '{}'",
                                           location == Location::global ? "global" : "personal", printable(name)));
      }
      return Call::no_script;
    }
    if (!once) {
      sources_[current_].includes.push_back({known->second, at});
    }
    return known->second;
  }

  const Diagnostics& diagnostics() const noexcept { return diagnostics_; }
  std::shared_ptr<const ScriptData> data() const noexcept { return data_; }

 private:
  static constexpr std::uint32_t beyond_limits = Call::no_script - 1;  // there, but not to be read

  struct Link {
    std::uint32_t to;
    Position at;
  };
  struct Source {
    std::string name{};
    std::string text{};
    Location location = Location::personal;
    std::size_t depth = 0;
    bool wrong = false;            // it has errors, or includes what has some
    std::vector<Link> includes{};  // those that are run whenever they are come to
  };

  std::uint32_t add(const std::string& name, Location location, Position at) {
    auto text = options_.scripts == nullptr ? std::nullopt : options_.scripts->read(location, name);
    if (!text) {
      return Call::no_script;
    }
    const std::size_t depth = sources_[current_].depth + 1;
    if (sources_.size() > options_.limits.includes || depth > options_.limits.include_depth) {
      diagnostics_.error(at, fmt::format("more scripts are included than {}, or more than {} inside each other",
                                         options_.limits.includes, options_.limits.include_depth));
      return beyond_limits;
    }
    sources_.push_back({.name = name, .text = std::move(*text), .location = location, .depth = depth});
    return static_cast<std::uint32_t>(sources_.size() - 1);
  }

  void tell_wrong(const Source& includer, const Link& link) {
    diagnostics_.begin_script(includer.name);
    diagnostics_.error(link.at, fmt::format("the included script '{}' has errors", printable(sources_[link.to].name)));
  }

  // Those that include a script with errors have one, too. A script stands behind the first that includes it.
  void tell_includers() {
    for (std::size_t i = sources_.size(); i-- > 0;) {
      for (const Link& link : sources_[i].includes) {
        if (sources_[link.to].wrong) {
          sources_[i].wrong = true;
          tell_wrong(sources_[i], link);
        }
      }
    }
  }

  // Goes along all includes, the deepest first; one that leads to a script whose includes are being gone along closes a
  // circle (RFC 6609 section 3.2).
  void find_circle() {
    enum class State : std::uint8_t { fresh, open, done };
    std::vector<State> states(sources_.size(), State::fresh);
    struct Step {
      std::uint32_t source;
      std::size_t link;
    };
    std::vector<Step> path{{0, 0}};
    states[0] = State::open;
    while (!path.empty()) {
      auto& [source, link] = path.back();
      if (link == sources_[source].includes.size()) {
        states[source] = State::done;
        path.pop_back();
        continue;
      }
      const Link next = sources_[source].includes[link++];
      if (states[next.to] == State::open) {
        diagnostics_.begin_script(sources_[source].name);
        diagnostics_.error(next.at,
                           fmt::format("circular include: the script '{}' includes itself", sources_[next.to].name));
        path.pop_back();
        for (; !path.empty(); path.pop_back()) {
          const Source& includer = sources_[path.back().source];
          tell_wrong(includer, includer.includes[path.back().link - 1]);
        }
        return;
      }
      if (states[next.to] == State::fresh) {
        states[next.to] = State::open;
        path.push_back({next.to, 0});
      }
    }
  }

  const Options& options_;
  Diagnostics diagnostics_;
  std::shared_ptr<ScriptData> data_ = std::make_shared<ScriptData>();
  std::vector<Source> sources_{};
  std::size_t current_ = 0;
  std::map<std::pair<Location, std::string>, std::uint32_t> known_{};
};

}  // namespace

Compiled compile(std::string_view text, const Options& options) {
  Linker linker(options);
  const bool good = linker.run(text);
  Compiled compiled{.errors = linker.diagnostics().errors(), .warnings = linker.diagnostics().warnings()};
  if (good) {
    compiled.script = Script(linker.data());
  }
  return compiled;
}

Script Script::compile(std::string_view text, const Options& options) {
  Compiled compiled = sieve::compile(text, options);
  if (!compiled.script) {
    throw Error(Errc::script, to_string(compiled.errors.front()));
  }
  return *std::move(compiled.script);
}

std::vector<std::string> Script::required() const {
  std::vector<std::string> names;
  for (const std::string_view capability : capabilities()) {
    if (has(data_->programs.front().extensions, *find_extension(capability))) {
      names.emplace_back(capability);
    }
  }
  return names;
}

}  // namespace posthouse::sieve
