// SPDX-License-Identifier: MIT
namespace Published
{
    // nodatime/nodatime#1193: the static constructor of the patterns takes the lock of a cache, under which another thread makes a pattern that needs the constructor.
    internal static class NodaTimePatterns
    {
        public static void Run(bool isMended)
        {
            if (isMended)
            {
                NodaTime.Text.LocalDateTimePattern.MakeOutside("ddMMyyyy");
            }
            else
            {
                NodaTime.Text.LocalDateTimePattern.Make("ddMMyyyy");
            }
        }
    }

    // dotnet/runtime#105259: an instrument is published under a lock, and the static constructor of the listeners that this runs publishes instruments of its own.
    internal static class MetricInstruments
    {
        public static void Run(bool isMended) => new System.Diagnostics.Metrics.Instrument("requests").Publish(isMended);
    }
}

namespace NodaTime.Text
{
    internal sealed class Cache<TKey, TValue>(Func<TKey, TValue> valueFactory)
        where TKey : notnull
    {
        private readonly object mutex = new();
        private readonly Dictionary<TKey, TValue> dictionary = [];

        public TValue GetOrAdd(TKey key)
        {
            lock (mutex)
            {
                if (!dictionary.TryGetValue(key, out TValue? value))
                {
                    dictionary.Add(key, value = valueFactory(key));
                }

                return value;
            }
        }

        public TValue GetOrAddOutside(TKey key)
        {
            TValue made = valueFactory(key);
            lock (mutex)
            {
                dictionary.TryAdd(key, made);
                return dictionary[key];
            }
        }
    }

    internal sealed class FixedFormatInfoPatternParser
    {
        private readonly Cache<string, string> cache = new(static text => text.Length > 8 ? text : LocalDateTimePattern.Patterns.Iso + text);

        public string ParsePattern(string text) => cache.GetOrAdd(text);

        public string ParsePatternOutside(string text) => cache.GetOrAddOutside(text);
    }

    internal static class LocalDateTimePattern
    {
        private static readonly FixedFormatInfoPatternParser s_invariant = new();

        public static string Make(string text) => s_invariant.ParsePattern(text);

        public static string MakeOutside(string text) => s_invariant.ParsePatternOutside(text);

        internal static class Patterns
        {
            internal static readonly string Iso;

            static Patterns() => Iso = Make("uuuu-MM-dd'T'HH:mm:ss");
        }
    }
}

namespace System.Diagnostics.Metrics
{
    internal sealed class Instrument(string name)
    {
        internal static object SyncObject { get; } = new();

        public string Name => name;

        public void Publish(bool isMended)
        {
            if (isMended)
            {
                MeterListener.EnsureMade();
            }

            lock (SyncObject)
            {
                if (!isMended)
                {
                    MeterListener.Notify(this);
                }
            }

            if (isMended)
            {
                MeterListener.Notify(this);
            }
        }

        internal static void Add(List<Instrument> all, Instrument one)
        {
            lock (SyncObject)
            {
                all.Add(one);
            }
        }
    }

    internal static class MeterListener
    {
        private static readonly List<Instrument> s_published;

        static MeterListener()
        {
            s_published = [];
            Instrument.Add(s_published, new Instrument("dotnet.gc.collections"));
        }

        public static void EnsureMade()
        {
        }

        public static void Notify(Instrument one) => s_published.Add(one);
    }
}
