// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// A stretch of code that the contract has something to say about: on the way to a signal, under an owner's lock, inside reclaim. It
/// cannot leave its thread. Nothing when the contract is not checked.
/// </summary>
[DebuggerDisplay("{_map}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public ref struct FenceContractScope : IDisposable
{
    private readonly int _cookie;
    private object? _map;

    internal FenceContractScope(object map, int cookie)
    {
        _map = map;
        _cookie = cookie;
    }

    /// <summary>Ends it. A second call does nothing; scopes end in the opposite order of their beginning, or it is reported.</summary>
    public void Dispose()
    {
        object? map = _map;
        _map = null;
        if (FenceContract.IsChecked && map is not null)
        {
            FenceAnnotations.EndScope(map, _cookie);
        }
    }
}
