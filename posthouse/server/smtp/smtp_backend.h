#pragma once
// What stands behind the SMTP sessions of the house: accounts, mailboxes, the outbound queue. Private to this module.
//
// Rules:
//  - smtp listeners take mail for addresses of the house only, without log-in. They relay nothing but what an alias
//    sends on.
//  - submission listeners take mail for anybody from users who have logged in. The sender must be an address that leads
//    to the user's own account.
//  - Whoever asks for many recipients that are not here waits, in all sessions of its host.
//  - Users of this machine, and devices of trusted networks with the senders that are theirs, send without log-in what is
//    then taken, mended and signed as from a user.
//  - By a rule, mail in the name of the house's own domains is for users who have logged in.
//  - A positive reply to the message means: it is in every mailbox and the queue has a row for every remote recipient,
//    all in one durable transaction.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "posthouse/delivery/delivery.h"
#include "posthouse/mail/srs.h"
#include "posthouse/server/addresses/address_settings.h"
#include "posthouse/server/authentication/screening.h"
#include "posthouse/server/authentication/signing_keys.h"
#include "posthouse/server/filters/filter_settings.h"
#include "posthouse/server/filters/script_shelf.h"
#include "posthouse/server/house.h"
#include "posthouse/server/judging/judge_settings.h"
#include "posthouse/server/milters/milter_settings.h"
#include "posthouse/server/milters/session_milters.h"
#include "posthouse/server/relay/relay_domains.h"
#include "posthouse/server/smtp/sending_guard.h"
#include "posthouse/server/smtp/submitter.h"
#include "posthouse/server/smtp/visits.h"
#include "posthouse/server/watch/session_teller.h"
#include "posthouse/smtp/server/backend.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::server {

/// The rules that a reload may change; a session keeps those it began with.
struct IntakeRules {
  unsigned hops = 50;
  std::chrono::milliseconds expire{};  ///< How long the queue tries.
  std::uint64_t free_space = 0;        ///< Octets that must be free on the disk before a message is begun.
  bool refuse_own_senders = false;     ///< Mail in the name of our domains is taken from users who have logged in only.
  ScreeningRules screening{};          ///< Of mail from those who have not logged in; without a resolver there is none.
  std::shared_ptr<const SigningKeys> signing{};  ///< For mail from those who have; null for none.
  FilterSettings filters{};
  ScriptShelf* shelf = nullptr;            ///< Of all sessions; null: no filters.
  std::shared_ptr<const mail::Srs> srs{};  ///< Rewrites senders of letters that are sent on; null: nobody does.
  std::shared_ptr<const RelayDomains> relay_domains{};  ///< That mail is passed on for; null for none.
  JudgeSettings judging{};                              ///< Of the same mail as `screening`.
  MilterSettings milters{};                             ///< Filters of others, asked about mail of other servers.
  AddressSettings addresses{};
  TrustedNetworks trusted{};
  HourlyCount* sent = nullptr;  ///< By clients of trusted networks, in all sessions; null: they may send any number.
};

/// The backend of one SMTP session.
class SmtpBackend final : public smtp::Backend {
 public:
  /// `busy` is true between an accepted MAIL and the end of its transaction. All of them outlive the backend; `teller` may
  /// be null, and so may `local`, the user of this machine that the session is of.
  SmtpBackend(House& house, const IntakeRules& rules, const Visits& visits, std::atomic<bool>& busy,
              SessionTeller* teller = nullptr, const Submitter* local = nullptr)
      : house_(house), rules_(rules), visits_(visits), busy_(busy), teller_(teller), sending_(house), local_(local) {}

  sasl::Verifier* verifier() noexcept override { return local_ == nullptr ? house_.verifier : nullptr; }
  bool may_send_without_log_in(const smtp::Session& session) noexcept override {
    return rules_.trusted.contains(session.peer);
  }
  smtp::Reply mail(const smtp::Session& session, const smtp::Envelope& envelope) override;
  smtp::Reply recipient(const smtp::Session& session, const smtp::Envelope& envelope,
                        const std::string& forward_path) override;
  std::unique_ptr<smtp::Data> data(const smtp::Session& session, const smtp::Envelope& envelope) override;
  void refused(const smtp::Session& session, const smtp::Envelope& envelope, smtp::Refused what,
               std::string_view address, const std::string& reply) noexcept override;
  void reset(const smtp::Session& session) noexcept override;
  void changed(const smtp::Session& session) noexcept override;

 private:
  /// Answers late to whoever has asked for many recipients that are not here, in whatever session.
  void hold_back(const smtp::Session& session);
  const Submitter* submitter() const noexcept { return trusted_ ? &*trusted_ : local_; }
  /// Takes a device of a trusted network for one if it sends as such; a reply when it sends too much.
  std::optional<smtp::Reply> judge_device(const smtp::Session& session, const std::string& sender);
  smtp::Reply judge_sender(const smtp::Session& session, const std::string& sender);
  smtp::Reply judge_recipient(const smtp::Session& session, const smtp::Envelope& envelope,
                              const std::string& forward_path);
  smtp::Reply take_local(const smtp::Session& session, const smtp::Envelope& envelope, const std::string& forward_path,
                         const store::Resolution& resolution);

  /// Takes a report for the sender behind an address that this house has made (mail::Srs); false when it is none.
  bool take_report(const smtp::Envelope& envelope, const std::string& forward_path);

  /// Those of the session, made when first asked for; null where none are asked.
  SessionMilters* milters(const smtp::Session& session);

  House& house_;
  const IntakeRules& rules_;
  const Visits& visits_;
  delivery::Destinations destinations_;
  std::atomic<bool>& busy_;
  SessionTeller* const teller_;
  SendingGuard sending_;
  const Submitter* const local_;
  std::optional<Submitter> trusted_;  // while a device of a trusted network sends
  std::unique_ptr<SessionMilters> milters_;
};

}  // namespace posthouse::server
