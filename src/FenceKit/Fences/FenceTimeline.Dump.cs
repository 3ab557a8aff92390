// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit;

// Who waits for what.
public partial class FenceTimeline
{
    /// <summary>Describes, for people, which points are pending, who waits for them and who issued them.</summary>
    /// <returns>One line for the timeline and one for each waiting callback, in order of points.</returns>
    /// <remarks>For diagnosis: allocates, and walks the list of callbacks while signalers wait for it.</remarks>
    public string DumpPending()
    {
        (FenceCallback Callback, ulong Target)[] waiting = CopyWaiting();
        ulong completed = Completed;
        ulong issued = Issued;
        StringBuilder text = new();
        text.Append($"Fence timeline '{Name}': ");
        text.AppendLine(completed >= issued ? $"nothing pending, {issued} issued" : $"points {completed + 1}..{issued} pending");
        for (ulong point = completed + 1; _issuers is not null && point <= Math.Min(issued, completed + (ulong)_options.TrackedIssuers); point++)
        {
            if (FindIssuer(point) is { } issuer)
            {
                text.AppendLine($"  {point} was issued by {issuer}");
            }
        }

        foreach ((FenceCallback callback, ulong target) in waiting)
        {
            text.AppendLine($"  {TimelineState.PointOf(target)} is waited for by {callback.GetType().Name}");
        }

        return text.ToString();
    }

    private (FenceCallback Callback, ulong Target)[] CopyWaiting()
    {
        (FenceCallback, ulong)[] copy = [];
        while (true)
        {
            // Count, allocate outside the gate, fill; again if the list has grown meanwhile.
            int count = 0;
            ulong state = EnterGate();
            for (FenceCallback? node = _first; node is not null; node = node.Next, count++)
            {
                if (count < copy.Length)
                {
                    copy[count] = (node, node.Target);
                }
            }

            LeaveGate(state);
            if (count <= copy.Length)
            {
                return copy[..count];
            }

            copy = new (FenceCallback, ulong)[count];
        }
    }
}
