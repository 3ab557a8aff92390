// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// A cache of two objects for one thread. A thread that waits repeatedly uses one of them. With an inline continuation its next wait begins
/// before the last object is returned, and takes the other.
/// </summary>
internal struct SparePair<T>
    where T : class
{
    private T? _first;
    private T? _second;

    internal bool TryTake([NotNullWhen(true)] out T? item)
    {
        item = _first;
        if (item is not null)
        {
            _first = null;
            return true;
        }

        item = _second;
        _second = null;
        return item is not null;
    }

    internal bool TryKeep(T item)
    {
        if (_first is null)
        {
            _first = item;
            return true;
        }

        if (_second is null)
        {
            _second = item;
            return true;
        }

        return false;
    }
}
