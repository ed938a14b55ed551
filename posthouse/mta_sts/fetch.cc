#include "posthouse/mta_sts/fetch.h"

#include "posthouse/base/text.h"
#include "posthouse/http/client/client.h"
#include "posthouse/net/error.h"

namespace posthouse::mta_sts {
namespace {

FetchedText refusal(std::string why) {
  return {.text = {}, .failure = Failure::policy_fetch, .why = std::move(why)};
}

}  // namespace

std::string_view report_word(Failure failure) noexcept {
  switch (failure) {
    case Failure::policy_fetch:
      return "sts-policy-fetch-error";
    case Failure::policy_invalid:
      return "sts-policy-invalid";
    case Failure::webpki_invalid:
      return "sts-webpki-invalid";
    case Failure::none:
    case Failure::dns:
    case Failure::record_invalid:
      break;
  }
  return {};
}

FetchedText fetch_policy(const std::string& domain, net::Deadline deadline, const FetchOptions& options) {
  const std::string port = options.port == 443 ? std::string() : ":" + std::to_string(options.port);
  const std::string url = "https://mta-sts." + domain + port + "/.well-known/mta-sts.txt";
  http::ClientOptions client;
  client.timeout = deadline.remaining();
  client.limits.body_octets = policy_limit;
  client.tls = options.tls;
  client.connect = options.connect;
  try {
    http::Response response = http::get(url, client);
    if (response.status != 200) {
      return refusal(url + " answers with status " + std::to_string(response.status));
    }
    if (response.media_type() != "text/plain") {
      return refusal(url + " is \"" + printable(response.media_type()) + "\", not text/plain");
    }
    return {.text = std::move(response.body), .failure = Failure::none, .why = {}};
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    FetchedText failed = refusal(url + ": " + error.what());
    if (error.errc() == net::Errc::certificate) {
      failed.failure = Failure::webpki_invalid;
    }
    return failed;
  } catch (const http::Error& error) {
    return refusal(url + ": " + error.what());
  }
}

}  // namespace posthouse::mta_sts
