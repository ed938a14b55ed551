#include "posthouse/server/milters/session_milters.h"

#include <utility>
#include <variant>

#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

milter::ClientOptions options_for(const MilterSettings::Filter& rule) {
  return {.on_failure = rule.on_failure,
          .timeouts = {.connect = rule.timeout,
                       .command = rule.timeout,
                       .end_of_message = rule.timeout * 10,
                       .whole_end = rule.timeout * 20}};
}

std::string in_path(const std::string& address) {
  return '<' + address + '>';
}

std::string parameters_of(const smtp::Envelope& envelope) {
  std::string parameters = envelope.size ? "SIZE=" + std::to_string(*envelope.size) : "";
  parameters += envelope.body == smtp::Body::eight_bit ? " BODY=8BITMIME" : "";
  parameters += envelope.smtputf8 ? " SMTPUTF8" : "";
  return parameters;
}

/// The words of the filter, or ours.
smtp::Reply reply_to(const milter::Answer& answer) {
  smtp::Reply reply;
  switch (answer.verdict) {
    case milter::Verdict::reject:
      reply = {550, "5.7.1", "Refused by a filter"};
      break;
    case milter::Verdict::drop:
      reply = {421, "4.7.0", "Refused by a filter, closing the connection"};
      break;
    default:
      reply = {451, "4.7.1", "A filter says to try again later"};
  }
  if (answer.reply) {
    reply.code = answer.reply->code;
    reply.enhanced = answer.reply->enhanced;
    reply.text = answer.reply->text.empty() ? reply.text : answer.reply->text;
  }
  return reply;
}

std::string field(const std::string& name, const std::string& value) {
  return name + ':' + value + "\r\n";
}

/// Notes one modification; false for one that needs the letter written anew.
struct Noting {
  MilterOutcome& outcome;
  bool operator()(milter::AddHeader& add) const { return outcome.fields += field(add.name, add.value), true; }
  bool operator()(milter::InsertHeader& insert) const {
    outcome.fields.insert(0, field(insert.name, insert.value));
    return true;
  }
  bool operator()(milter::AddRecipient& add) const { return outcome.added.push_back(std::move(add.address)), true; }
  bool operator()(milter::RemoveRecipient& remove) const {
    return outcome.removed.push_back(std::move(remove.address)), true;
  }
  bool operator()(milter::ChangeSender& change) const { return outcome.sender = std::move(change.address), true; }
  bool operator()(milter::Quarantine&) const { return outcome.quarantine = true; }
  bool operator()(milter::ChangeHeader&) const { return false; }
  bool operator()(milter::ReplaceBody&) const { return false; }
};

}  // namespace

SessionMilters::Asked::Asked(const MilterSettings::Filter& its_rule, std::size_t its_place)
    : rule(its_rule), place(its_place), client(its_rule.endpoint, options_for(its_rule)) {}

SessionMilters::SessionMilters(const MilterSettings& settings) {
  for (const MilterSettings::Filter& rule : settings.filters) {
    filters_.push_back(std::make_unique<Asked>(rule, filters_.size()));
  }
}

SessionMilters::~SessionMilters() {
  for (const auto& asked : filters_) {
    asked->client.quit();
  }
}

void SessionMilters::log_decision(const Asked& asked, const smtp::Session& session, const char* step,
                                  std::string_view what, const std::string& detail) const {
  log_bounded(spdlog::level::info, "milter", "peer={}{} filter={} step={} verdict={}{}", session.peer.to_string(),
              id_.empty() ? "" : " id=" + id_, shown(asked.rule.endpoint.to_string()), step, what, detail);
}

/// What `answer` means for the client; a line of the log for all but yes.
std::optional<smtp::Reply> SessionMilters::judge(Asked& asked, const smtp::Session& session, const char* step,
                                                 const milter::Answer& answer) {
  const bool passes = answer.verdict == milter::Verdict::go_on || answer.verdict == milter::Verdict::accept;
  const bool fails_anew = !answer.failure.empty() && !std::exchange(asked.failed, true);
  if (fails_anew) {
    log_bounded(spdlog::level::warn, "milter failed", "peer={}{} filter={} step={} verdict={} error={}",
                session.peer.to_string(), id_.empty() ? "" : " id=" + id_, shown(asked.rule.endpoint.to_string()), step,
                milter::to_string(answer.verdict), shown(answer.failure));
  }
  if (passes) {
    return std::nullopt;
  }
  if (answer.verdict == milter::Verdict::discard) {
    discarded_ = true;
    log_decision(asked, session, step, "discard", "");
    return std::nullopt;
  }
  smtp::Reply reply = reply_to(answer);
  if (answer.failure.empty()) {
    log_decision(asked, session, step, milter::to_string(answer.verdict), " reply=" + shown(reply.to_string()));
  }
  return reply;
}

template <class F>
std::optional<smtp::Reply> SessionMilters::each(const smtp::Session& session, const char* step, F&& ask) {
  for (const auto& asked : filters_) {
    if (discarded_) {
      break;
    }
    if (auto refusal = judge(*asked, session, step, ask(*asked))) {
      return refusal;
    }
  }
  return std::nullopt;
}

/// Connects where that is to be done, says HELO where it is not what it was, and asks about the sender.
milter::Answer SessionMilters::begin(Asked& asked, const smtp::Session& session, const smtp::Envelope& envelope) const {
  milter::Client& client = asked.client;
  if (!asked.connected || asked.failed) {
    client.next_client();
    asked.failed = false;
    asked.connected = true;
    asked.helo.clear();
    client.set_macro("j", session.hostname);
    client.set_macro("daemon_name", session.hostname);
    if (const milter::Answer answer = client.connect({}, session.peer); !answer.goes_on()) {
      return answer;
    }
  }
  if (asked.helo != session.helo) {
    asked.helo = session.helo;
    if (const milter::Answer answer = client.helo(session.helo); !answer.goes_on()) {
      return answer;
    }
  }
  return client.mail(in_path(envelope.reverse_path), parameters_of(envelope));
}

std::optional<smtp::Reply> SessionMilters::mail(const smtp::Session& session, const smtp::Envelope& envelope) {
  reset();
  auto refusal = each(session, "mail", [&](Asked& asked) { return begin(asked, session, envelope); });
  if (refusal) {
    reset();
  }
  return refusal;
}

std::optional<smtp::Reply> SessionMilters::recipient(const smtp::Session& session, const std::string& forward_path) {
  return each(session, "rcpt", [&](Asked& asked) { return asked.client.recipient(in_path(forward_path)); });
}

std::optional<smtp::Reply> SessionMilters::data(const smtp::Session& session, const std::string& id) {
  id_ = id;
  return each(session, "data", [&](Asked& asked) {
    asked.client.set_macro("i", id);
    asked.feed.emplace(asked.client);
    return asked.client.data();
  });
}

void SessionMilters::append(std::string_view octets) {
  if (discarded_) {
    return;
  }
  for (const auto& asked : filters_) {
    asked->feed->append(octets);
  }
}

MilterOutcome SessionMilters::finish(const smtp::Session& session) {
  MilterOutcome outcome;
  for (const auto& asked : filters_) {
    if (discarded_) {
      break;
    }
    milter::Result result = asked->feed->finish();
    outcome.refusal = judge(*asked, session, "message", result.answer);
    if (!outcome.refusal) {
      outcome.refusal = take(*asked, session, result, outcome);
    }
    if (outcome.refusal) {
      break;
    }
  }
  outcome.discard = discarded_;
  return outcome;
}

/// Notes what is to be done; a reply when it cannot be and the settings make that one.
std::optional<smtp::Reply> SessionMilters::take(Asked& asked, const smtp::Session& session, milter::Result& result,
                                                MilterOutcome& outcome) {
  const MilterOutcome before = outcome;
  for (milter::Modification& one : result.modifications) {
    if (const auto* quarantine = std::get_if<milter::Quarantine>(&one)) {
      log_decision(asked, session, "message", "quarantine", " reason=" + shown(quarantine->reason));
    }
    if (!std::visit(Noting{outcome}, one)) {
      outcome.rewriter = outcome.rewrites.empty() ? asked.place : outcome.rewriter;
      outcome.rewrites.push_back(std::move(one));
    }
    if (outcome.fields.size() > most_fields) {
      outcome = before;
      return fail(session, asked.place, "it adds too many fields");
    }
  }
  return std::nullopt;
}

std::optional<smtp::Reply> SessionMilters::fail(const smtp::Session& session, std::size_t filter,
                                                const std::string& why) {
  Asked& asked = *filters_.at(filter);
  const milter::OnFailure then = asked.rule.on_failure;
  const milter::Verdict verdict = then == milter::OnFailure::accept   ? milter::Verdict::accept
                                  : then == milter::OnFailure::reject ? milter::Verdict::reject
                                                                      : milter::Verdict::tempfail;
  asked.failed = false;  // a failure of its own line
  auto refusal = judge(asked, session, "message", {.verdict = verdict, .failure = why});
  asked.failed = false;  // its connection is good
  return refusal;
}

void SessionMilters::reset() noexcept {
  for (const auto& asked : filters_) {
    asked->feed.reset();
    asked->client.abort();
  }
  id_.clear();
  discarded_ = false;
}

}  // namespace posthouse::server
