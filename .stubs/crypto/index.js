'use strict';

/** Rialto refuses to link encrypted rooms, so nothing may ever reach this code. */
class Unavailable {
  constructor() {
    throw new Error('end-to-end encryption is not available in Rialto');
  }
}

module.exports = {
  OlmMachine: Unavailable,
  UserId: Unavailable,
  DeviceId: Unavailable,
  RoomId: Unavailable,
  DeviceLists: Unavailable,
  EncryptionSettings: Unavailable,
  Attachment: Unavailable,
  EncryptedAttachment: Unavailable,
  StoreType: { Sled: 0, Sqlite: 1 },
  RequestType: {},
};
