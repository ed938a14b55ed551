#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/dot_encoder.h"
#include "posthouse/mail/path.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/client/client_session.h"
#include "posthouse/smtp/wire/data_block.h"

namespace posthouse::smtp {
namespace {

/// Recipients asked about before replies are read: neither side's window can fill up meanwhile (RFC 2920 section 3.1).
constexpr std::size_t batch_size = 50;

bool is_address(std::string_view address) {
  constexpr auto syntax = mail::AddressSyntax::wire;
  if (address.find('@') == std::string_view::npos) {  // a name without a domain: some servers know their own
    return mail::LocalPart::parse(address, syntax).has_value();
  }
  return mail::is_mailbox(address, syntax);
}

void check_address(const std::string& address, const char* role) {
  if (!is_address(address)) {
    throw Error(Errc::usage, fmt::format("'{}' cannot be a {}: it is no address", printable(address), role));
  }
}

}  // namespace

dialogue::Mending Client::Impl::mending() const noexcept {
  return options_.fix_line_ends ? dialogue::Mending::mend : dialogue::Mending::strict;
}

void Client::Impl::refuse_bare(std::string statement, bool connection_usable) const {
  throw Error(Errc::bad_message, "the message has a bare CR or LF; lines of mail end in CR LF", {},
              std::move(statement), connection_usable);
}

void Client::Impl::refuse_eight_bit(std::string statement, bool connection_usable) const {
  throw Error(Errc::unsupported, who() + " does not take 8-bit messages (no 8BITMIME), and this is one", {},
              std::move(statement), connection_usable);
}

SendResult Client::Impl::send(const Envelope& envelope, std::string_view message) {
  dialogue::DotEncoder survey(mending());
  const auto ignore = [](std::string_view) {};
  survey.add(message, ignore);
  survey.finish(ignore);
  if (survey.bare()) {
    refuse_bare({}, true);
  }
  const bool eight_bit = !is_ascii(message);
  if (eight_bit && !supports("8BITMIME")) {
    refuse_eight_bit({}, true);
  }
  return send(address(envelope, survey.size(), eight_bit), [&] {
    dialogue::DotEncoder encoder(mending());
    const auto write = [this](std::string_view octets) { write_data(octets); };
    encoder.add(message, write);
    check_in_step();
    encoder.finish(write);
    note("a message of " + std::to_string(survey.size()) + " octets");
  });
}

SendResult Client::Impl::send(const Envelope& envelope, const MessageSource& source) {
  const bool eight_bit = supports("8BITMIME");
  if (envelope.body == Body::eight_bit && !eight_bit) {
    refuse_eight_bit({}, true);
  }
  return send(address(envelope, envelope.size.value_or(0), eight_bit), [&] {
    dialogue::DotEncoder encoder(mending());
    const auto write = [this](std::string_view octets) { write_data(octets); };
    source([&](std::string_view chunk) {
      encoder.add(chunk, write);
      if (encoder.bare()) {
        refuse_bare("DATA", false);
      }
      if (!eight_bit && !is_ascii(chunk)) {
        refuse_eight_bit("DATA", false);
      }
    });
    check_in_step();
    encoder.finish(write);
    if (encoder.bare()) {
      refuse_bare("DATA", false);
    }
    note("a message of " + std::to_string(encoder.size()) + " octets");
  });
}

/// `address` as this server takes it; nothing when there is no such spelling (RFC 6531 section 3.2).
std::optional<std::string> Client::Impl::written(const std::string& address) const {
  if (is_ascii(address) || supports("SMTPUTF8")) {
    return address;
  }
  const auto value = mail::Address::parse(address, mail::AddressSyntax::wire);
  return value ? value->ascii() : std::nullopt;
}

/// Makes the commands; throws where the server cannot take the message at all.
Client::Impl::Letter Client::Impl::address(const Envelope& envelope, std::uint64_t size, bool eight_bit) const {
  const bool utf8 = supports("SMTPUTF8");
  const std::string& from = envelope.reverse_path;
  if (!from.empty()) {
    check_address(from, "sender");
  }
  const std::optional<std::string> written_from = written(from);
  if (!written_from || (envelope.smtputf8 && !utf8)) {
    throw Error(Errc::unsupported, who() + " does not take addresses and headers in UTF-8 (no SMTPUTF8)");
  }
  std::uint64_t limit = 0;
  const std::string_view announced = parameters("SIZE");
  std::from_chars(announced.data(), announced.data() + announced.size(), limit);
  if (limit > 0 && size > limit) {
    throw Error(Errc::unsupported,
                fmt::format("the message has {} octets, and {} takes at most {}", size, who(), limit));
  }
  Letter letter;
  bool needs_utf8 = envelope.smtputf8 || !is_ascii(*written_from);
  for (const std::string& to : envelope.recipients) {
    check_address(to, "recipient");
    const std::optional<std::string> written_to = written(to);
    if (!written_to) {
      letter.refused.push_back({to, {553, "5.6.7", "Not asked: the server does not take addresses in UTF-8"}});
      continue;
    }
    needs_utf8 = needs_utf8 || !is_ascii(*written_to);
    letter.recipients.push_back(to);
  }
  letter.mail = "MAIL FROM:<" + *written_from + '>';
  if (size > 0 && supports("SIZE")) {
    letter.mail += " SIZE=" + std::to_string(size);
  }
  if (eight_bit) {
    letter.mail += " BODY=8BITMIME";
  }
  if (needs_utf8) {
    letter.mail += " SMTPUTF8";
  }
  return letter;
}

SendResult Client::Impl::send(Letter letter, const std::function<void()>& write_message) {
  if (letter.recipients.empty()) {
    give_up(letter, false);
  }
  const Reply start = options_.pipelining && supports("PIPELINING") ? announce_pipelined(letter) : announce(letter);
  if (letter.accepted.empty()) {
    give_up(letter, start.intermediate());
  }
  if (start.code != 354) {
    const bool refused = start.transient() || start.permanent();
    if (refused && (start.code == 421 || !leave_transaction(false))) {
      stream_.close();
    }
    last_command_ = "DATA";
    refuse(start, who() + " refuses DATA");
  }
  try {
    write_message();
    last_command_ = the_message;
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::reset) {
      stream_.close();
      throw;
    }
    last_command_ = the_message;  // get() finds out what the server said before it closed
  } catch (...) {
    stream_.close();
    throw;
  }
  if (options_.lmtp) {
    return end_of_data_each(std::move(letter));
  }
  Reply reply = end_of_data();
  if (!reply.positive()) {
    refuse(std::move(reply), who() + " refuses the message");
  }
  return {std::move(letter.accepted), std::move(letter.refused), std::move(reply)};
}

/// The reply to the message. Where none comes, nobody can tell whether the server has it: the statement() says so.
Reply Client::Impl::end_of_data() {
  try {
    return get(options_.timeouts.data_end);
  } catch (const net::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    throw net::Error(
        error.errc(), error.what(),
        {.statement = std::string(the_message), .retryable = error.retryable(), .connection_usable = false});
  }
}

/// RFC 2033 section 4.2: one reply for each recipient that was accepted, in the order of RCPT. Where the connection is lost
/// between them, the others are refused for now: what was said of the first ones stands.
SendResult Client::Impl::end_of_data_each(Letter letter) {
  SendResult result{.refused = std::move(letter.refused)};
  std::optional<Reply> lost;
  for (std::size_t i = 0; i < letter.accepted.size(); ++i) {
    Reply reply;
    if (lost) {
      reply = *lost;
    } else {
      try {
        reply = i == 0 ? end_of_data() : get(options_.timeouts.data_end);
      } catch (const net::Error& error) {
        if (i == 0 || net::is_canceled(error)) {
          throw;
        }
        stream_.close();
        lost = {421, "4.4.2", "Not answered: the connection to " + who() + " was lost"};
        reply = *lost;
      }
    }
    if (reply.positive()) {
      result.accepted.push_back(std::move(letter.accepted[i]));
      result.reply = std::move(reply);
    } else if (reply.transient() || reply.permanent()) {
      result.refused.push_back({std::move(letter.accepted[i]), std::move(reply)});
    } else {
      refuse(std::move(reply), who() + " refuses the message");
    }
  }
  if (result.accepted.empty()) {
    const std::string what = "no recipient was delivered to: " + result.refused.back().reply.to_string();
    throw RecipientsRefused(what, std::move(result.refused), std::string(the_message), stream_.is_open());
  }
  return result;
}

/// MAIL, each RCPT and DATA, one after another; returns the reply to DATA (code 0: not sent, nobody was accepted).
Reply Client::Impl::announce(Letter& letter) {
  Reply reply = command(letter.mail);
  if (!reply.positive()) {
    refuse(std::move(reply), who() + " refuses the sender");
  }
  for (const std::string& recipient : letter.recipients) {
    if (reply.code != 421) {  // else the server is going: said of the rest as well
      reply = command("RCPT TO:<" + written(recipient).value_or(recipient) + '>');
    }
    take(letter, recipient, reply);
  }
  if (reply.code == 421) {
    stream_.close();
    return reply;
  }
  return letter.accepted.empty() ? Reply() : command("DATA", options_.timeouts.data_start);
}

/// The reply to one of the commands sent ahead, after the refusal of an earlier one. A server that refuses may close at
/// once (RFC 2920 section 3.1): then that is its answer to the rest.
Reply Client::Impl::get_ahead(const std::optional<Reply>& refusal, net::Duration timeout) {
  if (stream_.is_open()) {
    try {
      return get(timeout);
    } catch (const net::Error& error) {
      stream_.close();
      if (!refusal || net::is_canceled(error)) {
        throw;
      }
    }
  }
  if (refusal->code == 421) {
    return *refusal;
  }
  return {421, "4.4.2", "Not answered: " + who() + " closed the connection after " + refusal->to_string()};
}

/// The same without waiting for each reply.
Reply Client::Impl::announce_pipelined(Letter& letter) {
  check_in_step();
  put(letter.mail);
  std::optional<Reply> mail, refusal;
  const auto next = [&](net::Duration timeout) {
    Reply reply = get_ahead(refusal, timeout);
    if (reply.transient() || reply.permanent()) {
      refusal = reply;
    }
    return reply;
  };
  for (std::size_t i = 0; i < letter.recipients.size();) {
    const std::size_t end = std::min(i + batch_size, letter.recipients.size());
    const bool last = end == letter.recipients.size();
    for (std::size_t k = i; k < end; ++k) {
      put("RCPT TO:<" + written(letter.recipients[k]).value_or(letter.recipients[k]) + '>');
    }
    if (last) {
      put("DATA");
    }

    if (!mail) {
      mail = next(options_.timeouts.command);
    }
    const bool sender_refused = !mail->positive();
    for (; i < end; ++i) {
      Reply reply = next(options_.timeouts.command);
      if (!sender_refused) {
        take(letter, letter.recipients[i], std::move(reply));
      }
    }
    const Reply start = last ? next(options_.timeouts.data_start) : Reply();
    if (sender_refused) {
      if (start.intermediate()) {
        stream_.close();  // it would take a message from nobody; end this here
      }
      last_command_ = letter.mail;
      refuse(std::move(*mail), who() + " refuses the sender");
    }
    if (last) {
      return start;
    }
  }
  return {};
}

void Client::Impl::take(Letter& letter, const std::string& recipient, Reply reply) const {
  if (reply.positive()) {
    letter.accepted.push_back(recipient);
  } else {
    letter.refused.push_back({recipient, std::move(reply)});
  }
}

/// Nobody was accepted: leaves the transaction and says so.
void Client::Impl::give_up(Letter& letter, bool server_waits_for_data) {
  std::string what = "no recipient was accepted";
  if (letter.refused.empty()) {
    what = "there are no recipients";
  }
  for (const RecipientReply& refused : letter.refused) {
    what += (&refused == &letter.refused.front() ? ": " : "; ") + refused.address + ": " + refused.reply.to_string();
    if (what.size() > 500) {
      what += " …";
      break;
    }
  }
  const bool gone = std::any_of(letter.refused.begin(), letter.refused.end(),
                                [](const RecipientReply& refused) { return refused.reply.code == 421; });
  if (gone || (!letter.recipients.empty() && !leave_transaction(server_waits_for_data))) {
    stream_.close();
  }
  throw RecipientsRefused(what, std::move(letter.refused), "RCPT", stream_.is_open());
}

/// Ends a transaction that comes to nothing; false when the connection is of no use any more. Why it came to nothing is
/// what the caller is told, whatever happens here.
bool Client::Impl::leave_transaction(bool server_waits_for_data) {
  try {
    // RFC 2920 section 3.1: with DATA sent ahead, the server may wait for a message that nobody is to get.
    if (server_waits_for_data) {
      command(".");
    }
    return stream_.is_open() && command("RSET").positive();
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    return false;
  }
}

void Client::Impl::write_data(std::string_view octets) {
  if (octets.size() < 1024) {
    return stream_.write_later(octets);
  }
  for (; !octets.empty(); octets.remove_prefix(std::min(octets.size(), data_block_size))) {
    stream_.write(octets.substr(0, data_block_size), options_.timeouts.data_block);
  }
}

}  // namespace posthouse::smtp
