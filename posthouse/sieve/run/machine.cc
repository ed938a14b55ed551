#include "posthouse/sieve/run/machine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/run.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve {
namespace {

using Op = Instruction::Op;

constexpr std::size_t most_trace_steps = 10'000;

// `value` with at most `limit` octets, no character cut in two.
void cut_utf8(std::string& value, std::size_t limit) {
  if (value.size() <= limit) {
    return;
  }
  while (limit > 0 && (static_cast<unsigned char>(value[limit]) & 0xC0U) == 0x80) {
    --limit;
  }
  value.resize(limit);
}

}  // namespace

std::vector<std::string> flags_in(const std::vector<std::string>& lists) {
  std::vector<std::string> flags;
  for (const std::string& list : lists) {
    for (const std::string_view flag : split(list, ' ')) {
      const bool known =
          std::any_of(flags.begin(), flags.end(), [&](const std::string& one) { return iequals(one, flag); });
      if (!known && is_flag(flag) && flags.size() < 256) {
        flags.emplace_back(flag);
      }
    }
  }
  return flags;
}

Machine::Machine(const ScriptData& script, const mime::Message& message, const Context& context, const Outcome* earlier)
    : script_(script), context_(&context), letter_(message, context.front), envelope_(context.envelope) {
  outcome_.flags = context.flags;
  if (earlier != nullptr) {
    outcome_ = *earlier;
    outcome_.error.reset();
    for (Action& action : outcome_.actions) {
      action.of_earlier = true;
    }
    for (const HeaderEdit& edit : outcome_.edits) {
      letter_.edit(edit);
    }
    earlier_edits_ = outcome_.edits.size();
    earlier_duplicates_ = outcome_.duplicates.size();
  }
  frames_.push_back({});
}

Outcome Machine::run() {
  try {
    while (!frames_.empty()) {
      step();
    }
  } catch (const RunFailure& failure) {
    outcome_.error = {
        .script = frames_.empty() ? std::string() : program().name, .at = failure.at, .text = failure.text};
    std::erase_if(outcome_.actions, [](const Action& action) { return !action.of_earlier; });
    outcome_.edits.resize(earlier_edits_);
    outcome_.duplicates.resize(earlier_duplicates_);
    outcome_.implicit_keep = true;
  }
  return std::move(outcome_);
}

void Machine::step() {
  Frame& frame = frames_.back();
  const Program& now = script_.programs[frame.program];
  if (frame.at >= now.code.size()) {
    return leave_script();
  }
  spend(1);
  const Instruction& instruction = now.code[frame.at++];
  switch (instruction.op) {
    case Op::command:
      return command(now.calls[instruction.call]);
    case Op::test:
      register_ = test(now.calls[instruction.call]);
      return;
    case Op::set_true:
    case Op::set_false:
      register_ = instruction.op == Op::set_true;
      return;
    case Op::negate:
      register_ = !register_;
      return;
    case Op::jump:
      frame.at = instruction.target;
      return;
    case Op::jump_if_true:
    case Op::jump_if_false:
      if (register_ == (instruction.op == Op::jump_if_true)) {
        frame.at = instruction.target;
      }
      return;
    case Op::loop:
      return begin_loop(instruction);
    case Op::next:
      return next_part(instruction);
    case Op::host_begin:
      blocks_.push_back({frames_.size(), instruction.call, instruction.target - 1, loops_.size()});
      if (context_->host == nullptr || !context_->host->call(now.calls[instruction.call], *this)) {
        if (!frames_.empty()) {
          frames_.back().at = instruction.target;
        }
        blocks_.pop_back();
      }
      return;
    case Op::host_end:
      if (!blocks_.empty()) {
        blocks_.pop_back();
      }
      if (context_->host != nullptr) {
        context_->host->end(now.calls[instruction.call], *this);
      }
      return;
  }
}

void Machine::command(const Call& call) {
  if (context_->trace && outcome_.trace.size() < most_trace_steps) {
    outcome_.trace.push_back(
        {.script = program().name, .at = call.at, .name = std::string(call.command->name), .result = std::nullopt});
  }
  switch (call.command->verb) {
    case Verb::keep:
      return verbs::keep(*this, call);
    case Verb::discard:
      return verbs::discard(*this, call);
    case Verb::fileinto:
      return verbs::fileinto(*this, call);
    case Verb::redirect:
      return verbs::redirect(*this, call);
    case Verb::reject:
    case Verb::ereject:
      return verbs::reject(*this, call);
    case Verb::vacation:
      return verbs::vacation(*this, call);
    case Verb::notify:
      return verbs::notify(*this, call);
    case Verb::addheader:
      return verbs::add_header(*this, call);
    case Verb::deleteheader:
      return verbs::delete_header(*this, call);
    case Verb::set:
      return verbs::set(*this, call);
    case Verb::extracttext:
      return verbs::extract_text(*this, call);
    case Verb::setflag:
    case Verb::addflag:
    case Verb::removeflag:
      return verbs::change_flags(*this, call);
    case Verb::stop:
      return stop();
    case Verb::return_:
      return leave_script();
    case Verb::include:
      return include(call);
    case Verb::break_:
      return break_loop(call);
    case Verb::error:
      fail(call.at, text(call.values[0].strings.front()));
    case Verb::host:
      if (context_->host != nullptr) {
        (void)context_->host->call(call, *this);
      }
      return;
    default:
      return;
  }
}

bool Machine::test(const Call& call) {
  const bool result = [&] {
    switch (call.command->verb) {
      case Verb::address:
        return verbs::address(*this, call);
      case Verb::header:
        return verbs::header(*this, call);
      case Verb::exists:
        return verbs::exists(*this, call);
      case Verb::envelope:
        return verbs::envelope(*this, call);
      case Verb::size:
        return verbs::size(*this, call);
      case Verb::body:
        return verbs::body(*this, call);
      case Verb::date:
        return verbs::date(*this, call);
      case Verb::currentdate:
        return verbs::current_date(*this, call);
      case Verb::string:
        return verbs::string(*this, call);
      case Verb::hasflag:
        return verbs::has_flag(*this, call);
      case Verb::duplicate:
        return verbs::duplicate(*this, call);
      case Verb::environment:
        return verbs::environment(*this, call);
      case Verb::mailboxexists:
        return verbs::mailbox_exists(*this, call);
      case Verb::metadata:
      case Verb::servermetadata:
        return verbs::metadata(*this, call);
      case Verb::metadataexists:
      case Verb::servermetadataexists:
        return verbs::metadata_exists(*this, call);
      case Verb::specialuse_exists:
        return verbs::special_use_exists(*this, call);
      case Verb::spamtest:
      case Verb::virustest:
        return verbs::spam_test(*this, call);
      case Verb::valid_ext_list:
        return verbs::valid_ext_list(*this, call);
      case Verb::valid_notify_method:
        return verbs::valid_notify_method(*this, call);
      case Verb::notify_method_capability:
        return verbs::notify_method_capability(*this, call);
      case Verb::host:
        return context_->host != nullptr && context_->host->call(call, *this);
      default:
        return false;
    }
  }();
  if (context_->trace && outcome_.trace.size() < most_trace_steps) {
    outcome_.trace.push_back(
        {.script = program().name, .at = call.at, .name = std::string(call.command->name), .result = result});
  }
  return result;
}

void Machine::spend(std::uint64_t steps) {
  outcome_.steps += steps;
  if (outcome_.steps > context_->limits.steps) {
    const Frame& frame = frames_.back();
    const Program& now = program();
    const std::uint32_t last = frame.at == 0 ? 0 : frame.at - 1;
    const Position at = last < now.code.size() && now.code[last].call < now.calls.size()
                            ? now.calls[now.code[last].call].at
                            : Position{};
    fail(at, fmt::format("the script takes more than {} steps", context_->limits.steps));
  }
}

void Machine::fail(Position at, std::string text) const {
  throw RunFailure{at, std::move(text)};
}

// Parts are visited depth first: outside of loops all of them, in a loop those inside the part that it is at.
void Machine::begin_loop(const Instruction& instruction) {
  if (loops_.size() >= context_->limits.part_loops) {
    fail(program().calls[instruction.call].at,
         fmt::format("loops over parts are nested deeper than {} levels", context_->limits.part_loops));
  }
  Loop loop{.frame = frames_.size(), .call = instruction.call, .next = instruction.target - 1};
  if (loops_.empty()) {
    loop.part = letter_.message().walk().begin();
    loop.left = letter_.message().part_count();
  } else {
    loop.part = loops_.back().part;
    loop.left = (*loop.part).walk().size() - 1;
    ++loop.part;
  }
  if (loop.left == 0) {
    frames_.back().at = instruction.target;
    return;
  }
  loops_.push_back(loop);
}

void Machine::next_part(const Instruction& instruction) {
  if (loops_.empty()) {
    return;
  }
  if (--loops_.back().left != 0) {
    ++loops_.back().part;
    frames_.back().at = instruction.target;
  } else {
    loops_.pop_back();
  }
}

void Machine::break_loop(const Call& call) {
  const std::string name = text(call, Tag::name);
  while (!loops_.empty() && loops_.back().frame == frames_.size()) {
    const Loop loop = loops_.back();
    loops_.pop_back();
    if (name.empty() || text(program().calls[loop.call], Tag::name) == name) {
      frames_.back().at = loop.next + 1;
      return;
    }
  }
}

mime::Part Machine::current_part() const {
  return loops_.empty() ? letter_.message().root() : *loops_.back().part;
}

void Machine::drop_inner(std::size_t frames) {
  while (!loops_.empty() && loops_.back().frame > frames) {
    loops_.pop_back();
  }
  while (!blocks_.empty() && blocks_.back().frame > frames) {
    blocks_.pop_back();
  }
}

void Machine::include(const Call& call) {
  if (call.script == Call::no_script) {
    return;  // an optional one that is missing
  }
  if (call.has(Tag::once) && included_.contains(call.script)) {
    return;
  }
  if (frames_.size() > context_->limits.include_depth) {
    fail(call.at, fmt::format("more than {} scripts are included inside each other", context_->limits.include_depth));
  }
  included_.insert(call.script);
  Frame frame;
  frame.program = call.script;
  frames_.push_back(std::move(frame));
}

void Machine::leave_script() {
  for (const auto& [name, value] : frames_.back().locals) {
    variables_octets_ -= std::min(variables_octets_, value.size());
  }
  frames_.pop_back();
  drop_inner(frames_.size());
}

void Machine::leave_block() {
  if (blocks_.empty()) {
    return stop();
  }
  const Block block = blocks_.back();
  frames_.resize(block.frame);
  loops_.resize(std::min(loops_.size(), block.loops));
  frames_.back().at = block.end;
}

std::string Machine::variable(const Piece& piece) const {
  switch (piece.kind) {
    case Piece::Kind::literal:
      return piece.text;
    case Piece::Kind::local: {
      const auto& locals = frames_.back().locals;
      const auto found = locals.find(piece.text);
      return found == locals.end() ? std::string() : found->second;
    }
    case Piece::Kind::global: {
      const auto found = globals_.find(piece.text);
      return found == globals_.end() ? std::string() : found->second;
    }
    case Piece::Kind::match: {
      const auto& values = frames_.back().match_values;
      return piece.index < values.size() ? values[piece.index] : std::string();
    }
  }
  return {};
}

std::string Machine::text(const Text& text) {
  std::string out;
  for (const Piece& piece : text.pieces) {
    out += variable(piece);
    if (text.pieces.size() > 1 && out.size() > context_->limits.string_octets) {
      cut_utf8(out, context_->limits.string_octets);
      break;
    }
  }
  spend(out.size() / 256);
  return out;
}

std::vector<std::string> Machine::texts(const Value& value) {
  // A script's own strings, and as many variables as there may be: the same one may stand in a list again and again.
  const std::size_t most = context_->limits.script_octets + context_->limits.variables_octets;
  std::vector<std::string> all;
  all.reserve(value.strings.size());
  std::size_t octets = 0;
  for (const Text& one : value.strings) {
    all.push_back(text(one));
    octets += all.back().size();
    if (octets > most) {
      fail(value.at, fmt::format("the strings of this list have more than {} octets", most));
    }
  }
  spend(all.size() / 16);
  return all;
}

std::string Machine::text(const Call& call, Tag tag) {
  const Value* value = call.find(tag);
  return value == nullptr || value->strings.empty() ? std::string() : text(value->strings.front());
}

void Machine::set_variable(const Piece& piece, std::string value, Position at) {
  cut_utf8(value, context_->limits.variable_octets);
  spend(value.size() / 256);
  auto& variables = piece.kind == Piece::Kind::global ? globals_ : frames_.back().locals;
  std::string& place = variables[piece.text];
  variables_octets_ += value.size();
  variables_octets_ -= std::min(variables_octets_, place.size());
  if (variables_octets_ > context_->limits.variables_octets || globals_.size() > 1000) {
    fail(at, "the script's variables take too much memory");
  }
  place = std::move(value);
}

void Machine::set_match_values(const std::vector<std::string_view>& values) {
  auto& kept = frames_.back().match_values;
  const std::size_t count = std::min(values.size(), context_->limits.match_values + 1);
  std::vector<std::string> copies;  // the values may be views into what is there
  copies.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    copies.emplace_back(values[i].substr(0, context_->limits.variable_octets));
  }
  kept = std::move(copies);
}

std::vector<std::string> Machine::flags(const Piece* piece) const {
  return piece == nullptr ? outcome_.flags : flags_in({variable(*piece)});
}

void Machine::set_flags(const Piece* piece, const std::vector<std::string>& flags, Position at) {
  std::vector<std::string> kept = flags_in(flags);
  if (piece == nullptr) {
    outcome_.flags = std::move(kept);
  } else {
    set_variable(*piece, fmt::format("{}", fmt::join(kept, " ")), at);
  }
}

Outcome run(const Script& script, const mime::Message& message, const Context& context, const Outcome* earlier) {
  return Machine(script.data(), message, context, earlier).run();
}

}  // namespace posthouse::sieve
