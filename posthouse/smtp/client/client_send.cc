#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/dot_encoder.h"
#include "posthouse/mail/dsn.h"
#include "posthouse/mail/path.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/client/client_chunks.h"
#include "posthouse/smtp/wire/data_block.h"
#include "posthouse/smtp/wire/delivery_parameters.h"

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

/// In ASCII, which every server with DSN understands.
std::string dsn_parameters(const RecipientOptions& options) {
  std::string out;
  if (options.notify.said()) {
    out += " NOTIFY=" + options.notify.to_string();
  }
  if (const std::string orcpt = mail::write_orcpt(options.orcpt, false); !orcpt.empty()) {
    out += " ORCPT=" + orcpt;
  }
  return out;
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
  if (envelope.body == Body::binary) {
    check_binary();
    Letter letter = address(envelope, message.size(), " BODY=BINARYMIME");
    return send(std::move(letter), [&] {
      ChunkWriter writer(*this, message.size());
      writer.add(message);
      writer.finish();
    });
  }
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
  Letter letter = address(envelope, survey.size(), eight_bit ? " BODY=8BITMIME" : "");
  if (letter.chunks) {
    return send(std::move(letter), [&] {
      ChunkWriter writer(*this, survey.size());
      dialogue::DotEncoder encoder(mending(), dialogue::Dots::plain);
      const auto write = [&](std::string_view octets) { writer.add(octets); };
      encoder.add(message, write);
      encoder.finish(write);
      writer.finish();
    });
  }
  return send(std::move(letter), [&] {
    dialogue::DotEncoder encoder(mending());
    const auto write = [this](std::string_view octets) { write_data(octets); };
    encoder.add(message, write);
    check_in_step();
    encoder.finish(write);
    note("a message of " + std::to_string(survey.size()) + " octets");
  });
}

SendResult Client::Impl::send(const Envelope& envelope, const MessageSource& source) {
  if (envelope.body == Body::binary) {
    check_binary();
    return send(address(envelope, envelope.size.value_or(0), " BODY=BINARYMIME"), [&] {
      ChunkWriter writer(*this);
      source([&](std::string_view chunk) { writer.add(chunk); });
      writer.finish();
    });
  }
  const bool eight_bit = supports("8BITMIME");
  if (envelope.body == Body::eight_bit && !eight_bit) {
    refuse_eight_bit({}, true);
  }
  Letter letter = address(envelope, envelope.size.value_or(0), eight_bit ? " BODY=8BITMIME" : "");
  const bool chunks = letter.chunks;
  return send(std::move(letter), [&, chunks] {
    dialogue::DotEncoder encoder(mending(), chunks ? dialogue::Dots::plain : dialogue::Dots::doubled);
    ChunkWriter writer(*this);
    const auto write = [&](std::string_view octets) { chunks ? writer.add(octets) : write_data(octets); };
    source([&](std::string_view chunk) {
      encoder.add(chunk, write);
      if (encoder.bare()) {
        refuse_bare(chunks ? "BDAT" : "DATA", false);
      }
      if (!eight_bit && !is_ascii(chunk)) {
        refuse_eight_bit(chunks ? "BDAT" : "DATA", false);
      }
    });
    if (!chunks) {
      check_in_step();
    }
    encoder.finish(write);
    if (encoder.bare()) {
      refuse_bare(chunks ? "BDAT" : "DATA", false);
    }
    if (chunks) {
      return writer.finish();
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
Client::Impl::Letter Client::Impl::address(const Envelope& envelope, std::uint64_t size, std::string_view body) const {
  const bool utf8 = supports("SMTPUTF8");
  const std::string& from = envelope.reverse_path;
  if (!from.empty()) {
    check_address(from, "sender");
  }
  const std::optional<std::string> written_from = written(from);
  if (!written_from || (envelope.smtputf8 && !utf8)) {
    throw Error(Errc::unsupported, who() + " does not take addresses and headers in UTF-8 (no SMTPUTF8)");
  }
  if (envelope.require_tls && !(stream_.is_tls() && supports("REQUIRETLS"))) {
    throw Error(Errc::unsupported, who() + " does not promise to hand the message on over TLS only (no REQUIRETLS)");
  }
  std::uint64_t largest = 0;
  const std::string_view announced = parameters("SIZE");
  std::from_chars(announced.data(), announced.data() + announced.size(), largest);
  if (largest > 0 && size > largest) {
    throw Error(Errc::unsupported,
                fmt::format("the message has {} octets, and {} takes at most {}", size, who(), largest));
  }
  Letter letter;
  letter.chunks = uses_chunks() || envelope.body == Body::binary;
  const std::uint64_t most = limit("RCPTMAX").value_or(UINT64_MAX);
  const bool dsn = supports("DSN");
  bool needs_utf8 = envelope.smtputf8 || !is_ascii(*written_from);
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    const std::string& to = envelope.recipients[i];
    check_address(to, "recipient");
    const std::optional<std::string> written_to = written(to);
    if (!written_to) {
      letter.refused.push_back({to, {553, "5.6.7", "Not asked: the server does not take addresses in UTF-8"}});
      continue;
    }
    if (letter.recipients.size() >= most) {
      letter.refused.push_back({to, {452, "4.5.3", "Not asked: the server takes fewer recipients at a time"}});
      continue;
    }
    needs_utf8 = needs_utf8 || !is_ascii(*written_to);
    letter.recipients.push_back(to);
    letter.commands.push_back("RCPT TO:<" + *written_to + '>');
    if (dsn) {
      letter.commands.back() += dsn_parameters(envelope.options_of(i));
    }
  }
  letter.mail = "MAIL FROM:<" + *written_from + '>';
  if (size > 0 && supports("SIZE")) {
    letter.mail += " SIZE=" + std::to_string(size);
  }
  letter.mail.append(body).append(travel_parameters(envelope));
  if (needs_utf8) {
    letter.mail += " SMTPUTF8";
  }
  if (dsn && envelope.ret) {
    letter.mail += *envelope.ret == Ret::full ? " RET=FULL" : " RET=HDRS";
  }
  if (const std::string envid = mail::encode_xtext(envelope.envid); dsn && !envid.empty()) {
    if (!mail::parse_envid(envid)) {
      throw Error(Errc::usage, "an ENVID is at most 100 octets of printable ASCII");
    }
    letter.mail += " ENVID=" + envid;
  }
  return letter;
}

/// What MAIL says about the way. A priority is a wish; the rest is not left out where the server knows nothing of it.
std::string Client::Impl::travel_parameters(const Envelope& envelope) const {
  const auto need = [&](bool asked, const char* keyword) {
    if (asked && !supports(keyword)) {
      throw Error(Errc::unsupported, who() + " does not offer " + keyword + ", which the message asks for");
    }
  };
  need(envelope.hold_for || envelope.hold_until, "FUTURERELEASE");
  need(envelope.deliver_by.has_value(), "DELIVERBY");
  if (!envelope.priority || supports("MT-PRIORITY")) {
    return delivery_parameters(envelope);
  }
  Envelope without;
  without.hold_for = envelope.hold_for;
  without.hold_until = envelope.hold_until;
  without.deliver_by = envelope.deliver_by;
  without.require_tls = envelope.require_tls;
  return delivery_parameters(without);
}

SendResult Client::Impl::send(Letter letter, const std::function<void()>& write_message) {
  chunks_unanswered_ = 0;
  chunk_refusal_.reset();
  if (letter.recipients.empty()) {
    give_up(letter, false);
  }
  const Reply start = options_.pipelining && supports("PIPELINING") ? announce_pipelined(letter) : announce(letter);
  if (letter.accepted.empty()) {
    give_up(letter, start.intermediate() && !letter.chunks);
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
  Reply reply = letter.chunks ? end_of_chunks() : end_of_data();
  if (!reply.positive()) {
    refuse(std::move(reply), who() + " refuses the message");
  }
  return {std::move(letter.accepted), std::move(letter.refused), std::move(reply), supports("DSN")};
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
  SendResult result{.refused = std::move(letter.refused), .dsn = supports("DSN")};
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

/// MAIL, each RCPT and DATA, one after another; returns the reply to DATA (code 0: not sent, nobody was accepted). Chunks need
/// no DATA: as if it had been answered 354.
Reply Client::Impl::announce(Letter& letter) {
  Reply reply = command(letter.mail);
  if (!reply.positive()) {
    refuse(std::move(reply), who() + " refuses the sender");
  }
  for (std::size_t i = 0; i < letter.recipients.size(); ++i) {
    if (reply.code != 421) {  // else the server is going: said of the rest as well
      reply = command(letter.commands[i]);
    }
    take(letter, letter.recipients[i], reply);
  }
  if (reply.code == 421) {
    stream_.close();
    return reply;
  }
  if (letter.accepted.empty()) {
    return {};
  }
  return letter.chunks ? Reply{354, {}, {}} : command("DATA", options_.timeouts.data_start);
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
      put(letter.commands[k]);
    }
    if (last && !letter.chunks) {
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
    Reply start = last && letter.chunks ? Reply{354, {}, {}} : Reply();
    if (last && !letter.chunks) {
      start = next(options_.timeouts.data_start);
    }
    if (sender_refused) {
      if (start.intermediate() && !letter.chunks) {
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
