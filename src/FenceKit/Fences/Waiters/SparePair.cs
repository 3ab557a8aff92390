// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// Two spare objects that one thread keeps. A thread that waits again and again uses one of them; with an inline continuation its next wait
/// begins before the last one has been given back, and takes the other.
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
