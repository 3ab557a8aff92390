// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Backends;

/// <summary>
/// Tells that somebody is about to take pages away, and holds him until the event is acknowledged. One thread for each buffer.
/// </summary>
internal interface IDiscardEvents : IDisposable
{
    /// <summary>
    /// Sleeps until a discard of this buffer is being held back; false after <see cref="Stop"/>. It only looks: nobody is let go by this.
    /// </summary>
    bool Wait(int buffer);

    /// <summary>Lets that discard go on, and returns its pages once they are really gone.</summary>
    PageRange Acknowledge(int buffer);

    /// <summary>Ends every <see cref="Wait"/>. To be called when nobody discards any more.</summary>
    void Stop();

    /// <summary>
    /// Lets everybody go, now and later, whatever the devices do: the emergency exit. Pages are then taken from under them.
    /// </summary>
    void Abandon();
}
