// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks;

/// <summary>The command line cannot be understood.</summary>
internal sealed class OptionException(string message) : Exception(message);
