// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Receives a message from a transport.</summary>
/// <param name="message">The message; valid until the handler returns.</param>
public delegate void InvalidationMessageHandler(ReadOnlySpan<byte> message);
