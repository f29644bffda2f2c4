namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>One instance's batch on its way to the database.</summary>
internal sealed record SessionCommit(string InstanceId, long Epoch, SessionBatch Batch)
{
    private const int MostRows = 8;
    private const int MostBytes = 32 * 1024;

    /// <summary>It may share a transaction with others: one of many rows gains nothing, and would hold them up.</summary>
    public bool IsSmall =>
        !Batch.Device.ForgetDevice && Batch.Device.NewPreKeys.Count + Batch.Device.UploadedPreKeys.Count + Batch.Device.LidMappings.Count <= MostRows
        && Batch.Device.Messages.Count <= MostRows && Batch.Device.Sessions.Count <= MostRows && Batch.Device.SenderKeyMarks.Count <= MostRows && Batch.Outbox.Count <= MostRows
        && Batch.Outbox.Sum(static row => row.Body.Length) + Batch.Device.Messages.Values.Sum(static message => message.Content?.Length ?? 0) <= MostBytes;
}
