#include "worker/collective/mapped_memory.h"

#include <gtest/gtest.h>

#include <utility>

namespace descent {
namespace {

TEST(MappedMemoryTest, WhatOneMappingWritesAnotherReads) {
  const MappedMemory made = MappedMemory::MakeShared(10000).value();
  const MappedMemory opened = MappedMemory::OpenShared(made.ticket(), 10000).value();

  made.bytes()[9999] = std::byte{7};

  EXPECT_EQ(opened.bytes()[9999], std::byte{7});
}

TEST(MappedMemoryTest, PagesOutliveTheMapperWhoMadeThem) {
  MappedMemory opened;
  {
    const MappedMemory made = MappedMemory::MakeShared(100).value();
    made.bytes()[0] = std::byte{7};
    opened = MappedMemory::OpenShared(made.ticket(), 100).value();
  }

  EXPECT_EQ(opened.bytes()[0], std::byte{7});
}

TEST(MappedMemoryTest, ATicketForMemoryOfAnotherSizeIsRefused) {
  const MappedMemory made = MappedMemory::MakeShared(100).value();

  EXPECT_EQ(MappedMemory::OpenShared(made.ticket(), 8192).status().code(), Code::kUnavailable);
}

TEST(MappedMemoryTest, AClosedFileIsNotOpened) {
  MappedMemory made = MappedMemory::MakeShared(100).value();
  const SharedMemoryTicket ticket = made.ticket();
  made.CloseFile();

  EXPECT_EQ(MappedMemory::OpenShared(ticket, 100).status().code(), Code::kUnavailable);
}

TEST(MappedMemoryTest, MoreThanTheAddressSpaceIsRefused) {
  EXPECT_EQ(MappedMemory::MakePrivate(std::size_t{1} << 62).status().code(),
            Code::kResourceExhausted);
  EXPECT_EQ(MappedMemory::MakeShared(std::size_t{1} << 62).status().code(),
            Code::kResourceExhausted);
}

TEST(MappedMemoryTest, LargeSharedPagesBeginWhereLargePagesOfTheSystemDo) {
  constexpr std::size_t kByteCount = (std::size_t{16} << 20) + 4096;

  const MappedMemory made = MappedMemory::MakeShared(kByteCount).value();
  const MappedMemory opened = MappedMemory::OpenShared(made.ticket(), kByteCount).value();

  for (const MappedMemory* memory : {&made, &opened})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory->bytes().data()) % (std::size_t{2} << 20), 0);
}

TEST(MappedMemoryTest, ReservingLargePagesKeepsWhatTheyHold) {
  constexpr std::size_t kByteCount = std::size_t{18} << 20;
  MappedMemory made = MappedMemory::MakeShared(kByteCount).value();
  const MappedMemory opened = MappedMemory::OpenShared(made.ticket(), kByteCount).value();
  made.bytes()[5000] = std::byte{1};
  made.bytes()[kByteCount - 1] = std::byte{2};

  ASSERT_TRUE(made.Reserve(0, kByteCount).ok());

  EXPECT_EQ(opened.bytes()[5000], std::byte{1});
  EXPECT_EQ(opened.bytes()[5001], std::byte{0});
  EXPECT_EQ(opened.bytes()[kByteCount - 1], std::byte{2});
}

TEST(MappedMemoryTest, ReservedPagesAreZeroAndWritable) {
  MappedMemory memory = MappedMemory::MakeShared(20000).value();

  ASSERT_TRUE(memory.Reserve(5000, 15000).ok());

  for (const std::byte value : memory.bytes()) ASSERT_EQ(value, std::byte{0});
  memory.bytes()[19999] = std::byte{1};
}

TEST(MappedMemoryTest, ReleasedPagesReadAsZeroAndTheirNeighboursAsTheyWere) {
  const MappedMemory memory = MappedMemory::MakePrivate(3 * 4096).value();
  const std::span values(reinterpret_cast<float*>(memory.bytes().data()), 3 * 1024);
  for (float& value : values) value = 1;

  ReleasePages(values.subspan(1000, 1500));

  EXPECT_EQ(values[1023], 1);
  EXPECT_EQ(values[1024], 0);
  EXPECT_EQ(values[2047], 0);
  EXPECT_EQ(values[2048], 1);
}

TEST(MappedMemoryTest, KeptAddressesReadAsZerosAndMayBeWritten) {
  Result<MappedMemory> memory = MappedMemory::MakePrivate(10000);
  ASSERT_TRUE(memory.ok());
  const std::span<std::byte> bytes = memory.value().bytes();
  bytes[9999] = std::byte{7};

  MappedMemory::KeepAddresses(std::move(memory.value()));

  EXPECT_EQ(bytes[9999], std::byte{0});
  bytes[0] = std::byte{1};
  EXPECT_EQ(bytes[0], std::byte{1});
}

}  // namespace
}  // namespace descent
