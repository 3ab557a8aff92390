// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace FenceKit.Samples.WebShop.Pages;

/// <summary>The last value of each instrument of FenceKit, for the status page. A real shop has OpenTelemetry for it.</summary>
internal sealed class Metrics : IDisposable
{
    private readonly ConcurrentDictionary<(string Name, string Tags), double> _values = new();
    private readonly MeterListener _listener = new();

    public Metrics()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("FenceKit", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    internal IEnumerable<(string Name, string Tags, double Value)> Read()
    {
        _listener.RecordObservableInstruments();
        return _values.Select(static entry => (entry.Key.Name, entry.Key.Tags, entry.Value)).OrderBy(static entry => entry.Name, StringComparer.Ordinal);
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        (string, string) key = (instrument.Name, string.Join(", ", tags.ToArray().Select(static tag => tag.Value)));
        if (instrument.IsObservable)
        {
            _values[key] = value;
        }
        else
        {
            _values.AddOrUpdate(key, value, (_, sum) => instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal) ? value : sum + value);
        }
    }
}
