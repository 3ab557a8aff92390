// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    /// <summary>Pushes a validated acquisition. Settled means that the verdict is final.</summary>
    internal void Push(object instance, ChainRecord record, ulong own, bool isSettled)
    {
        if (_depth == _entries.Length)
        {
            Array.Resize(ref _entries, _depth * 2);
        }

        ulong stamp = _stamp;
        _entries[_depth] = new HeldEntry
        {
            Instance = instance,
            SiteToken = record.SiteToken,
            Own = own,
            Known = isSettled && stamp != Stale ? own ^ stamp : Unsettled,
            Key = ChainKey.Mix(TopKey ^ stamp, own),
            Record = record,
        };
        _depth++;
        OnWritten(_depth - 1);
    }

    /// <summary>Removes an entry, and computes the keys of the entries above it again.</summary>
    internal void RemoveAt(int index)
    {
        HeldPath? path = PathWithout(index);
        _pinned -= _entries[index].Pins != 0 ? 1 : 0;
        Array.Copy(_entries, index + 1, _entries, index, _depth - index - 1);
        _depth--;
        Wipe(_depth);
        for (int i = index; path is not null && i < _depth; i++)
        {
            _entries[i].Path = path;
            _entries[i].Node?.Path = path; // the flow may continue on
        }

        Rekey(index);
    }

    internal void Replace(int index, ChainRecord record, ulong own)
    {
        _entries[index].Record = record;
        _entries[index].Own = own;
        Rekey(index);
    }

    internal void AddPins(int index, long cookie)
    {
        ref long pins = ref _entries[index].Pins;
        _pinned -= pins != 0 ? 1 : 0;
        pins += cookie;
        _pinned += pins != 0 ? 1 : 0;
    }

    // The new chains have not been validated, so no entry there is settled.
    private void Rekey(int from)
    {
        ulong below = from == 0 ? 0 : _entries[from - 1].Key;
        for (int i = from; i < _depth; i++)
        {
            ref HeldEntry entry = ref _entries[i];
            entry.Known = Unsettled;
            below = entry.Key = ChainKey.Mix(below ^ _stamp ^ (entry.Path?.Key ?? 0), entry.Own);
        }

        if (from == 0)
        {
            ForgetFirst();
        }

        if (_depth > 0)
        {
            OnWritten(_depth - 1);
        }
    }

    private void Wipe(int index)
    {
        _entries[index] = default;
        _entries[index].Known = Unsettled;
        if (index == 0)
        {
            ForgetFirst();
        }
    }

    private void ForgetFirst()
    {
        _firstMap = null;
        _firstKnown = Unsettled;
    }

    // Maintains the invariants of the fast path: no settled entry above a new one, and a copy of the first entry.
    private void OnWritten(int index)
    {
        if (index == 0)
        {
            ref HeldEntry first = ref _entries[0];
            _firstMap = first.Instance as LockMap;
            _firstSiteToken = first.SiteToken;
            _firstKnown = _firstMap is null ? Unsettled : first.Known;
        }

        if (index + 1 < _entries.Length && _entries[index + 1].Instance is not null)
        {
            Wipe(index + 1);
        }
    }
}
