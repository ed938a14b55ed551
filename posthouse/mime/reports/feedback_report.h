#pragma once
// Abuse reports: what a mailbox provider tells the sender of messages that its users complain about (RFC 5965, "ARF";
// RFC 6591).
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// What a message/feedback-report says (RFC 5965 section 3). What is absent is empty.
struct FeedbackReport {
  std::string feedback_type{};  ///< "abuse", "fraud", "virus", "not-spam", "auth-failure", "other", …: lower case.
  std::string user_agent{};     ///< The program that made the report.
  std::string version{};        ///< Of the form: "1".
  std::string original_envelope_id{};                              ///< ENVID of the message (RFC 3461).
  std::string original_mail_from{};                                ///< Reverse-path, without "<" and ">".
  std::vector<std::string> original_recipients{};                  ///< Forward-paths, likewise.
  std::optional<std::chrono::system_clock::time_point> arrival{};  ///< When the message came in there.
  std::string reporting_mta{};                                     ///< "dns; mx.two.test": the server that took it in.
  std::string source_ip{};                                         ///< Where it came from.
  std::uint16_t source_port = 0;                                   ///< RFC 6692; 0 where it is not said.
  std::uint64_t incidents = 1;  ///< How many messages like this one the report stands for.
  /// Values of the fields Authentication-Results, each for parse_authentication_results().
  std::vector<std::string> authentication_results{};
  std::vector<std::string> reported_domains{};  ///< What the complaint is about.
  std::vector<std::string> reported_uris{};     ///< Likewise.
  std::string auth_failure{};                   ///< RFC 6591: "bodyhash", "signature", "spf", "dmarc", …: lower case.
  std::string delivery_result{};   ///< RFC 6591: "delivered", "spam", "policy", "reject", "other": lower case.
  std::string dkim_domain{};       ///< RFC 6591.
  std::string dkim_identity{};     ///< RFC 6591.
  std::string dkim_selector{};     ///< RFC 6591.
  std::string original_message{};  ///< The message complained about, or its header.
  bool whole_message = false;      ///< It is the message, not its header only.
};

/// The report in a message (multipart/report; report-type=feedback-report); nothing when it has none. Best effort,
/// never throws; of each field that may be repeated at most 1,000 are taken.
///
///     if (const auto report = mime::parse_feedback_report(message); report && report->feedback_type == "abuse")
///       unsubscribe(report->original_recipients);
std::optional<FeedbackReport> parse_feedback_report(const Message& message);

}  // namespace posthouse::mime
