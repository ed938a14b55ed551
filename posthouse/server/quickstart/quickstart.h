#pragma once
// A house for one domain and one account, made in one go.
#include <filesystem>
#include <string>

#include "posthouse/mail/address.h"

namespace posthouse::server {

/// Where everything goes, and how it is reached.
struct QuickstartPlan {
  mail::Address address;        ///< The first account.
  std::string hostname{};       ///< In greetings, MX and certificate.
  std::string data{};           ///< Folder of mail, keys and certificate; absolute.
  std::string configuration{};  ///< The file of settings; absolute.
  std::string program{};        ///< The posthouse that the unit runs; absolute.
  bool trial = false;           ///< On loopback addresses and ports above 1024: to try it out, as any user.
};

/// Twenty letters and digits by chance that are not easily taken for one another, in groups: about 98 bits.
std::string make_password();

/// The key that mail of the plan's domain is signed with: made (RSA, 2,048 bits) in its folder unless there is one.
/// Returns its file. Throws Error (Errc::config), mailauth::Error.
std::filesystem::path make_signing_key(const QuickstartPlan& plan);

/// The self-signed certificate for the plan's host, in its data folder, where the server looks for it; made unless there is
/// one. Returns its file. Throws net::Error, Error (Errc::config).
std::filesystem::path make_first_certificate(const QuickstartPlan& plan);

/// The settings, with comments.
std::string configuration_text(const QuickstartPlan& plan);

/// A unit of systemd for a house that no package has brought.
std::string unit_text(const QuickstartPlan& plan);

/// True when `file` is a configuration that says nothing but where the data is, as the package brings it: it may be
/// replaced. False when there is none. Throws Error (Errc::config) when it cannot be read.
bool says_nothing(const std::filesystem::path& file);

/// Writes `text` to `file`, for the owner alone or for all to read, in a folder that is made when it is missing. What was
/// there stays as `file`.before-quickstart. Throws Error (Errc::config).
void write_settings(const std::filesystem::path& file, std::string_view text, bool secret);

}  // namespace posthouse::server
