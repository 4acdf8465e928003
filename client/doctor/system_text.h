#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

// What the files of /proc and /sys say. Pure; what cannot be read is absent or empty.

// /proc/cpuinfo: the flags of the first processor.
std::set<std::string> ProcessorFlags(std::string_view cpuinfo);

// /proc/meminfo: "MemAvailable:   123 kB" is bytes.
std::optional<std::int64_t> MemoryBytes(std::string_view meminfo, std::string_view field);

// "always [madvise] never": what is chosen.
std::string Chosen(std::string_view choices);

// cpu.max of control groups, "150000 100000": cores; absent: "max", no limit.
std::optional<double> CoresAllowed(std::string_view cpu_max);

// memory.max: bytes; absent: no limit.
std::optional<std::int64_t> BytesAllowed(std::string_view memory_max);

// /proc/self/cgroup: the group of the unified hierarchy and those above it, the innermost first:
// {"/a/b", "/a", "/"}.
std::vector<std::string> ControlGroups(std::string_view self_cgroup);

// /proc/net/tcp or tcp6: the inode of the socket that listens at a port.
std::optional<std::uint64_t> ListeningInode(std::string_view table, int port);

}  // namespace descent
