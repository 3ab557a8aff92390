// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Takes a message from a transport.</summary>
/// <param name="message">The message, until the handler returns.</param>
public delegate void InvalidationMessageHandler(ReadOnlySpan<byte> message);
