// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>Throws for a thread that would wait for itself: a wait that no other thread could end.</summary>
internal static class SelfWait
{
    [DoesNotReturn]
    internal static void ThrowInsideSession(string what, AddressRange range, ActiveInvalidation session) =>
        throw new InvalidOperationException(
            $"{what} would wait for itself: this thread has scheduled the invalidation of {session.Cover} ({session.Reason}), which closes {range} until it ends. " +
            "Commit or back off first, or use the range before you schedule.");

    [DoesNotReturn]
    internal static void ThrowInsideGate(string gate, string what) =>
        throw new InvalidOperationException(
            $"This thread would wait for itself: {what} waits for the readers inside the gate '{gate}', and this thread is one of them. " +
            "Leave the gate first, or look without waiting.");
}
