// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;

namespace FenceKit;

/// <summary>The scope in which a mapping is published; see <see cref="InvalidationSubscription.TryPopulate"/>.</summary>
[DebuggerDisplay("publishing for {_subscription}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public ref struct PopulateScope : IDisposable
{
    private InvalidationSubscription? _subscription;

    internal PopulateScope(InvalidationSubscription subscription) => _subscription = subscription;

    /// <summary>Closes the scope, on the thread that opened it. A second call does nothing.</summary>
    public void Dispose()
    {
        InvalidationSubscription? subscription = _subscription;
        _subscription = null;
        subscription?.EndPublishing();
    }
}
