#include "posthouse/imap/search/thread.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/search/base_subject.h"
#include "posthouse/imap/search/conversation.h"
#include "posthouse/imap/search/message_key.h"
#include "posthouse/imap/search/message_text.h"
#include "posthouse/mime/fields/message_id.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t headers_together = 128;  // messages that are read together

// Ids are the same whether or not they are quoted (RFC 5256 section 3, "Normalize").
std::string normalized(std::string id) {
  std::erase_if(id, [](char c) { return c == '<' || c == '>' || c == '"' || c == '\\'; });
  id.resize(std::min(id.size(), most_id));
  return id;
}

std::vector<std::string> ids_of(std::string_view value) {
  std::vector<std::string> ids = mime::parse_message_ids(value);
  if (ids.size() > most_references) {
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most_references));
  }
  for (std::string& id : ids) {
    id = normalized(std::move(id));
  }
  return ids;
}

std::string first_id_of(const std::optional<std::string>& value) {
  std::vector<std::string> ids = mime::parse_message_ids(value.value_or(""));
  return ids.empty() ? std::string() : normalized(std::move(ids.front()));
}

// What is read of a message.
struct MessageRead {
  ThreadedMessage message{};
  std::uint32_t uid = 0;
  std::uint64_t size = 0;
  std::string id{};
  std::string answers{};  // the first id of In-Reply-To
  std::vector<std::string> references{};
  bool knows_references = false;
};

class Reader {
 public:
  Reader(OpenMailbox& mailbox, const NumberSet& uids, ThreadAlgorithm algorithm, Numbering numbering,
         const SearchProgress& progress)
      : mailbox_(mailbox), algorithm_(algorithm), progress_(progress) {
    const NumberSet numbers = mailbox.numbers_of(uids);
    const NumberSet there = mailbox.uids_of(numbers);
    uids_.assign(there.begin(), there.end());
    names_ = numbering == Numbering::uid ? uids_ : std::vector<std::uint32_t>(numbers.begin(), numbers.end());
  }

  // Calls `each` with all messages in their order, also with those that have gone. False when progress ended it.
  template <class F>
  bool run(const F& each) {
    for (std::size_t first = 0; first < uids_.size(); first += headers_together) {
      std::vector<MessageRead> some(std::min(headers_together, uids_.size() - first));
      NumberSet wanted;
      for (std::size_t i = 0; i < some.size(); ++i) {
        some[i].uid = uids_[first + i];
        some[i].message.number = names_[first + i];
        wanted.add(some[i].uid);
      }
      read_envelopes(some, wanted);
      if (algorithm_ != ThreadAlgorithm::ordered_subject) {
        read_headers(some);
      }
      for (MessageRead& read : some) {
        each(std::move(read));
      }
      if (progress_ && !progress_(first + some.size(), uids_.size())) {
        return false;
      }
    }
    return true;
  }

 private:
  static MessageRead* find(std::vector<MessageRead>& some, std::uint32_t uid) {
    const auto at = std::lower_bound(some.begin(), some.end(), uid,
                                     [](const MessageRead& read, std::uint32_t wanted) { return read.uid < wanted; });
    return at != some.end() && at->uid == uid ? &*at : nullptr;
  }

  void read_envelopes(std::vector<MessageRead>& some, const NumberSet& uids) {
    Wants wants = Want::size | Want::envelope;
    if (algorithm_ != ThreadAlgorithm::ordered_subject) {
      wants = wants | Want::references;
    }
    mailbox_.fetch(uids, wants, [&](const Message& message) {
      MessageRead* const read = find(some, message.uid);
      if (read == nullptr) {
        return true;
      }
      const Envelope envelope = envelope_of(message);
      const BaseSubject subject = base_subject(decoded_value(envelope.subject.value_or("")));
      read->size = message.size;
      read->message.date = sent_moment(message, envelope);
      read->message.subject = comparable(subject.text, most_sort_text);
      read->message.reply_or_forward = subject.reply_or_forward;
      read->id = first_id_of(envelope.message_id);
      read->answers = first_id_of(envelope.in_reply_to);
      if (message.references) {
        read->references = ids_of(*message.references);
        read->knows_references = true;
      }
      return true;
    });
  }

  // References of those messages that the mailbox does not know them of.
  void read_headers(std::vector<MessageRead>& some) {
    NumberSet unknown;
    for (const MessageRead& read : some) {
      if (!read.knows_references) {
        unknown.add(read.uid);
      }
    }
    if (unknown.empty()) {
      return;
    }
    std::vector<MessageRead*> large;
    mailbox_.fetch(unknown, Wants{} | Want::content, [&](const Message& message) {
      if (MessageRead* const read = find(some, message.uid)) {
        message.content ? take_references(*read, *message.content) : large.push_back(read);
      }
      return true;
    });
    for (MessageRead* const read : large) {
      take_references(*read, read_header(octets_of(mailbox_, read->uid), read->size));
    }
  }

  static void take_references(MessageRead& read, std::string_view octets) {
    const mime::HeaderBlock block = mime::HeaderBlock::scan(octets);
    const auto field = block.headers().find("References");
    read.references = field ? ids_of(field->raw_value()) : std::vector<std::string>();
    if (read.references.empty() && !read.answers.empty()) {
      read.references.push_back(read.answers);
    }
  }

  OpenMailbox& mailbox_;
  ThreadAlgorithm algorithm_;
  const SearchProgress& progress_;
  std::vector<std::uint32_t> uids_{};
  std::vector<std::uint32_t> names_{};
};

// RFC 5256 section 3, ORDEREDSUBJECT.
response::Thread ordered_by_subject(const std::vector<ThreadedMessage>& messages) {
  std::vector<std::uint32_t> order(messages.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return messages[a].date != messages[b].date ? messages[a].date < messages[b].date : a < b;
  });
  std::unordered_map<std::string_view, std::size_t> begun;
  std::vector<std::vector<std::uint32_t>> threads;
  for (const std::uint32_t index : order) {
    const auto [at, made] = begun.try_emplace(messages[index].subject, threads.size());
    if (made) {
      threads.emplace_back();
    }
    threads[at->second].push_back(messages[index].number);
  }
  response::Thread all;
  for (const auto& numbers : threads) {
    for (const std::uint32_t number : numbers) {
      all.nodes.push_back({number, number == numbers.front() ? 0U : 1U});
    }
  }
  return all;
}

}  // namespace

std::optional<ThreadAlgorithm> thread_algorithm(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, ThreadAlgorithm> names[] = {
      {"ORDEREDSUBJECT", ThreadAlgorithm::ordered_subject},
      {"REFERENCES", ThreadAlgorithm::references},
      {"REFS", ThreadAlgorithm::refs}};
  for (const auto& [known, algorithm] : names) {
    if (iequals(known, name)) {
      return algorithm;
    }
  }
  return std::nullopt;
}

Threaded thread(OpenMailbox& mailbox, const NumberSet& uids, ThreadAlgorithm algorithm, Numbering numbering,
                const SearchProgress& progress) {
  Reader reader(mailbox, uids, algorithm, numbering, progress);
  Threaded found;
  if (algorithm == ThreadAlgorithm::ordered_subject) {
    std::vector<ThreadedMessage> messages;
    found.complete = reader.run([&](MessageRead read) { messages.push_back(std::move(read.message)); });
    found.thread = ordered_by_subject(messages);
    return found;
  }
  Conversations conversations;
  found.complete =
      reader.run([&](MessageRead read) { conversations.add(std::move(read.message), read.id, read.references); });
  found.thread = conversations.run(algorithm == ThreadAlgorithm::references, algorithm == ThreadAlgorithm::refs);
  return found;
}

}  // namespace posthouse::imap
