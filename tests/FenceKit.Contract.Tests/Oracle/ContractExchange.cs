// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>What was seen of the first is also done to the second. Exported: the fences that owners who were never met wait for as well.</summary>
internal sealed record ContractExchange(char First, char Second, string Exported);
