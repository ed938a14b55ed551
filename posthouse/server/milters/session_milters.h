#pragma once
// The filters of others that one SMTP session asks. Private to this module.
//
// Each filter is asked in the order of the configuration, and hears of every step until one refuses; all of them see the
// letter as it came, not as the one before would have it. The first refusal is the reply.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/milter/client/client.h"
#include "posthouse/milter/client/message_feed.h"
#include "posthouse/server/milters/milter_settings.h"
#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/envelope.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::server {

/// What is to become of a letter.
struct MilterOutcome {
  std::optional<smtp::Reply> refusal{};
  bool discard = false;                          ///< The client is told yes, and nobody gets it.
  bool quarantine = false;                       ///< It belongs in the mailbox for junk.
  std::string fields{};                          ///< To stand in front of it.
  std::optional<std::string> sender{};           ///< Another one, of the envelope.
  std::vector<std::string> added{};              ///< Recipients.
  std::vector<std::string> removed{};            ///< Recipients.
  std::vector<milter::Modification> rewrites{};  ///< ChangeHeader and ReplaceBody, for milter::apply_to_message.
  std::size_t rewriter = 0;                      ///< The first filter that wants some of these, for fail().
};

/// Asks them. They are connected to at the first MAIL; one that failed, again at the next.
class SessionMilters {
 public:
  static constexpr std::size_t most_fields = std::size_t{64} << 10;  ///< Octets of all fields added to one letter.

  /// `settings` must outlive it.
  explicit SessionMilters(const MilterSettings& settings);
  SessionMilters(const SessionMilters&) = delete;
  SessionMilters& operator=(const SessionMilters&) = delete;
  ~SessionMilters();

  /// The reply of whoever refuses; nothing when the step may go on.
  std::optional<smtp::Reply> mail(const smtp::Session& session, const smtp::Envelope& envelope);
  std::optional<smtp::Reply> recipient(const smtp::Session& session, const std::string& forward_path);
  /// `id` is the letter's in the log.
  std::optional<smtp::Reply> data(const smtp::Session& session, const std::string& id);
  /// The next octets of the letter.
  void append(std::string_view octets);
  /// The letter is whole.
  MilterOutcome finish(const smtp::Session& session);
  /// What a filter wanted cannot be done: it has failed, and this is what follows.
  std::optional<smtp::Reply> fail(const smtp::Session& session, std::size_t filter, const std::string& why);
  /// The transaction is over.
  void reset() noexcept;

 private:
  struct Asked {
    Asked(const MilterSettings::Filter& rule, std::size_t place);
    const MilterSettings::Filter& rule;
    const std::size_t place;
    milter::Client client;
    std::optional<milter::MessageFeed> feed{};
    std::string helo{};  // that it was told
    bool connected = false;
    bool failed = false;  // and that is logged
  };

  milter::Answer begin(Asked& asked, const smtp::Session& session, const smtp::Envelope& envelope) const;
  std::optional<smtp::Reply> judge(Asked& asked, const smtp::Session& session, const char* step,
                                   const milter::Answer& answer);
  template <class F>
  std::optional<smtp::Reply> each(const smtp::Session& session, const char* step, F&& ask);
  std::optional<smtp::Reply> take(Asked& asked, const smtp::Session& session, milter::Result& result,
                                  MilterOutcome& outcome);
  void log_decision(const Asked& asked, const smtp::Session& session, const char* step, std::string_view what,
                    const std::string& detail) const;

  std::vector<std::unique_ptr<Asked>> filters_;
  std::string id_{};  // of the letter under way
  bool discarded_ = false;
};

}  // namespace posthouse::server
