// Contexts that clients share without knowing of each other.
#include <filesystem>

#include <gtest/gtest.h>

#include "posthouse/net/tls/shared_tls_context.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

bool same(const TlsContext& one, const TlsContext& other) {
  return &one.state() == &other.state();
}

TEST(SharedClientContext, OneForEqualOptions) {
  const TlsClientOptions options{.ca_file = authority().ca_file(), .alpn = {"a"}};
  EXPECT_TRUE(same(shared_client_context(options), shared_client_context(options)));
  EXPECT_TRUE(same(shared_client_context(), shared_client_context({})));
}

TEST(SharedClientContext, AnotherForOtherRules) {
  const std::string ca = authority().ca_file();
  const std::vector<TlsClientOptions> all = {
      {.ca_file = ca},
      {.verify = false, .ca_file = ca},
      {.ca_file = ca, .verify_name = false},
      {.ca_file = ca, .alpn = {"ab"}},
      {.ca_file = ca, .alpn = {"a", "b"}},
      {.ca_file = ca, .min_version = TlsVersion::tls13},
      {.ca_file = ca, .pins = {std::string(64, 'a')}},
      {.ca_file = ca, .tlsa = {{.data = std::string(32, 'x')}}},
      {.ca_file = ca, .tlsa = {{.selector = 0, .data = std::string(32, 'x')}}},
      {.ca_file = ca, .other_names = {"a"}},
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(same(shared_client_context(all[i]), shared_client_context(all[j]))) << i << ' ' << j;
    }
  }
}

TEST(SharedClientContext, AnotherWhenAFileHasChanged) {
  const std::string file = authority().write_file("changing.pem", "");
  std::filesystem::copy_file(authority().ca_file(), file, std::filesystem::copy_options::overwrite_existing);
  const TlsContext before = shared_client_context({.ca_file = file});
  test::Authority other("another");
  std::filesystem::copy_file(other.ca_file(), file, std::filesystem::copy_options::overwrite_existing);
  const TlsContext after = shared_client_context({.ca_file = file});
  EXPECT_FALSE(same(before, after));
  EXPECT_NO_THROW(tls_pair(after, server_context(other.issue({.names = {"localhost"}}))));
}

TEST(SharedClientContext, FewAreKept) {
  const auto get = [](const std::string& protocol) {
    return shared_client_context({.verify = false, .alpn = {protocol}});
  };
  const TlsContext first = get("first");
  const TlsContext second = get("second");
  for (int i = 0; i < 14; ++i) {
    get(std::to_string(i));
  }
  EXPECT_TRUE(same(first, get("first")));
  get("another");
  EXPECT_TRUE(same(first, get("first")));
  EXPECT_FALSE(same(second, get("second")));
}

TEST(SharedClientContext, WhatCannotBeMadeIsNotKept) {
  const std::string file = authority().write_file("late.pem", "no certificate");
  EXPECT_THROW(shared_client_context({.ca_file = file}), Error);
  std::filesystem::copy_file(authority().ca_file(), file, std::filesystem::copy_options::overwrite_existing);
  EXPECT_NO_THROW(shared_client_context({.ca_file = file}));
}

}  // namespace
}  // namespace posthouse::net
